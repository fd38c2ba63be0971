FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# The caches keep what is compiled between builds (BuildKit or buildah); cargo tells by age what is new, and a fresh checkout
# may be older than the cache.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    touch src/lib.rs src/main.rs && cargo build --release --locked --features s3 --bin jieli && install -D target/release/jieli /out/jieli

FROM debian:bookworm-slim
# The binary needs glibc and libgcc_s, both of this image: SQLite, the PostgreSQL client and the cryptography are linked in.
RUN groupadd --system --gid 999 jieli \
 && useradd --system --uid 999 --gid jieli --home-dir /data --shell /usr/sbin/nologin jieli \
 && install -d -o jieli -g jieli -m 0750 /data
COPY --from=build /out/jieli /usr/local/bin/jieli
# What `jieli import` can start from.
COPY --from=build /src/data/divisions /usr/share/jieli/data/divisions
COPY --from=build /src/data/catalogue /usr/share/jieli/data/catalogue
COPY --from=build /src/data/calendar /usr/share/jieli/data/calendar
COPY --from=build /src/LICENSE /usr/share/doc/jieli/LICENSE
USER jieli
WORKDIR /data
VOLUME /data
ENV DATABASE_URL=sqlite:/data/jieli.db \
    JIELI_KEY_FILE=/data/jieli.key \
    JIELI_FILES=file:/data/files \
    JIELI_LISTEN=0.0.0.0:8080 \
    JIELI_LOG_FORMAT=json
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["jieli", "health"]
ENTRYPOINT ["jieli"]
CMD ["serve"]
