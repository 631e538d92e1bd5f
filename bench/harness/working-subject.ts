/** Who takes part where a service's work is compared: a program with a consumer group, started on topics that are already full. */
import { workSettings } from "./client-scenario.ts";
import { outFolder } from "./out-folder.ts";
import { ownService } from "./own-service.ts";
import type { RoundSubject } from "./rounds.ts";
import type { Bench } from "./scenario.ts";
import type { Work } from "./subject.ts";
import { environmentOf } from "./subject-process.ts";
import type { WorkingProgram } from "./working-process.ts";

export interface WorkingSubject extends RoundSubject {
  /** Its group: the work is done once that has committed all there is. */
  program(bench: Bench): WorkingProgram & { readonly groupId: string };
}

export interface OwnWork extends RoundSubject {
  readonly service: "inventory" | "analytics";
  readonly groupId: string;
  /** Settings besides the defaults. */
  readonly settings: Readonly<Record<string, string>>;
}

export function ownWorkingSubject({ service, groupId, settings, ...head }: OwnWork): WorkingSubject {
  return {
    ...head,
    program: ({ cluster }) => ({ groupId, cwd: outFolder, ...ownService(service, cluster, settings) }),
  };
}

export interface PeerWork {
  readonly work: Work & ("decide" | "count");
  readonly inputs: readonly string[];
  readonly output: string;
  /** What all of them deliver. */
  readonly delivery: string;
}

/** The peers' programs that do this work, each time in a group of their own. */
export function peerWorkingSubjects(
  { peers }: Bench,
  { work, inputs, output, delivery }: PeerWork,
): WorkingSubject[] {
  return peers
    .flatMap(({ subjects }) => subjects)
    .filter(({ works }) => works.includes(work))
    .map((subject) => ({
      name: subject.name,
      title: subject.title,
      delivery: [delivery, subject.notes?.[work]].filter(Boolean).join("; "),
      program(bench) {
        const settings = workSettings(bench, { topic: inputs.join(","), records: 0, warmup: 0 });
        return {
          groupId: settings.groupId,
          command: subject.command(work, settings),
          cwd: subject.cwd ?? outFolder,
          environment: {
            ...environmentOf(settings),
            BENCH_OUTPUT_TOPIC: output,
            ...subject.environment,
          },
        };
      },
    }));
}
