# docker build -t integrationsync .
#
# The image holds the binary that `bun run build` makes, the one command that CI builds and tests with
# (test/tooling/dockerfile.test.ts holds the two together).

FROM oven/bun:1.4.5-slim AS build
WORKDIR /integrationsync
COPY . .
RUN bun run build

# The binary needs glibc and nothing else: certificates and time zones are inside it.
FROM debian:12-slim
LABEL org.opencontainers.image.title="IntegrationSync" \
      org.opencontainers.image.description="Self-hosted integration server: when X happens here, do Y there, and nothing accepted is lost." \
      org.opencontainers.image.licenses="Apache-2.0 AND LicenseRef-IntegrationSync-Commercial" \
      org.opencontainers.image.base.name="debian:12-slim"
COPY --from=build /integrationsync/LICENSE /licenses/LICENSE
COPY --from=build /integrationsync/src/paid/LICENSE /licenses/src/paid/LICENSE
COPY --from=build /integrationsync/dist/integrationsync /usr/local/bin/integrationsync
RUN install -d -o 10001 -g 10001 -m 0700 /data
ENV DATA_DIR=/data \
    HOST=0.0.0.0 \
    PORT=3000
USER 10001:10001
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 CMD ["/usr/local/bin/integrationsync", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/integrationsync"]
CMD ["serve"]
