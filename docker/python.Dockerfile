# The controller and the web process: Python only, so no Asterisk in the image.
FROM debian:trixie-slim

RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 python3-venv ca-certificates tzdata \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10104 helpline \
 && install --directory --owner=helpline --group=helpline /opt/helpline /data

USER helpline
WORKDIR /opt/helpline

COPY --chown=helpline requirements requirements
COPY --chown=helpline cli cli
RUN python3 -m cli.runtime.first_start
COPY --chown=helpline . .

ENV HELPLINE_DATA_DIR=/data
VOLUME /data
STOPSIGNAL SIGTERM
ENTRYPOINT ["./helpline"]
CMD ["up", "--only", "controller", "--only", "web"]
