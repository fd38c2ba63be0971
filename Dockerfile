FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked --bin jieli

FROM debian:bookworm-slim
# The binary needs libc alone: SQLite, the PostgreSQL client and the cryptography are linked in.
RUN groupadd --system --gid 10001 jieli \
 && useradd --system --uid 10001 --gid jieli --home-dir /data --shell /usr/sbin/nologin jieli \
 && install -d -o jieli -g jieli -m 0750 /data
COPY --from=build /src/target/release/jieli /usr/local/bin/jieli
# What `jieli import` can start from.
COPY --from=build /src/data /usr/share/jieli/data
COPY --from=build /src/LICENSE /usr/share/doc/jieli/LICENSE
USER jieli
WORKDIR /data
VOLUME /data
ENV DATABASE_URL=sqlite:/data/jieli.db \
    JIELI_KEY_FILE=/data/jieli.key \
    JIELI_LISTEN=0.0.0.0:8080 \
    JIELI_LOG_FORMAT=json
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["jieli"]
CMD ["serve"]
