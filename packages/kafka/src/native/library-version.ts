/** librdkafka's version numbers: one integer, `0xMMmmrrxx`, where `xx` is `ff` for a release and less for what comes before it. */

/** 2.15.0: what this package is written for; older ones lack functions or carry bugs it relies on being gone. */
export const minimumVersion = 0x020f00ff;

/** The words of `rd_kafka_version_str` for what `rd_kafka_version` returns: `2.15.1`, `2.15.0-RC1`. */
export function describeVersion(version: number): string {
  const release = `${(version >>> 24) & 0xff}.${(version >>> 16) & 0xff}.${(version >>> 8) & 0xff}`;
  const build = version & 0xff;
  if (build === 0xff) return release;
  return build > 200 ? `${release}-RC${build - 200}` : `${release}-pre${build}`;
}
