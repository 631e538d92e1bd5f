# Stands in for oven/bun:*-slim where no registry of images can be reached: Debian as that image has it, made by debootstrap,
# with Bun from npm, and the same user, paths and entry point.
FROM scratch
ADD debian.tar /
COPY --chmod=0755 bun /usr/local/bin/bun
RUN groupadd --gid 1000 bun \
 && useradd --uid 1000 --gid bun --shell /bin/sh --create-home bun
ENV BUN_RUNTIME_TRANSPILER_CACHE_PATH=0
WORKDIR /home/bun/app
ENTRYPOINT ["/usr/local/bin/docker-entrypoint.sh"]
CMD ["/usr/local/bin/bun"]
