# A static binary on an empty image: no shell, no package manager, nothing to patch but the program.
#
#   docker build -t pengikut . && docker run -p 127.0.0.1:8080:8080 -v pengikut:/data pengikut

FROM golang:1.26.8-bookworm AS build
WORKDIR /src

# Modules change less often than code, so they have a layer of their own. third_party is part of go.mod by replace.
COPY go.mod go.sum ./
COPY third_party third_party
RUN --mount=type=cache,target=/go/pkg/mod go mod download

COPY . .
ARG VERSION=unknown
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /out/pengikut ./cmd/pengikut \
 && mkdir -m 0700 /out/data && mkdir -m 1777 /out/tmp

FROM scratch
# To trust the platforms, to know Asia/Jakarta; then /data, closed to others, and /tmp for SQLite's temporary files.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /usr/local/go/lib/time/zoneinfo.zip
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/tmp /tmp
COPY --from=build /out/pengikut /usr/local/bin/pengikut
COPY LICENSE /LICENSE

ENV PATH=/usr/local/bin \
    ZONEINFO=/usr/local/go/lib/time/zoneinfo.zip \
    PENGIKUT_DATA_DIR=/data \
    PENGIKUT_LISTEN=:8080

# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# No HEALTHCHECK: ask /readyz from outside. pengikut check fails when a platform is down, which restarts would not mend.

ENTRYPOINT ["pengikut"]
CMD ["serve"]
