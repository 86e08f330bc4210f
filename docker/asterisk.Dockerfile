# Asterisk for one helpline. It is fetched the way a bare machine fetches it (cli/runtime), so one way exists.
FROM debian:trixie-slim

RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 python3-venv ca-certificates tzdata \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10104 helpline \
 && install --directory --owner=helpline --group=helpline /opt/helpline /data

USER helpline
WORKDIR /opt/helpline

# Packages and parts before the code: they change less often.
COPY --chown=helpline helpline pyproject.toml ./
COPY --chown=helpline requirements requirements
COPY --chown=helpline locks locks
COPY --chown=helpline cli cli
COPY --chown=helpline config config
COPY --chown=helpline flows flows
COPY --chown=helpline prompts prompts
COPY --chown=helpline routing routing
RUN python3 -m cli.runtime.first_start \
 && .venv/bin/python -c "from cli.prepare import fetch_parts; fetch_parts()"
COPY --chown=helpline . .

ENV HELPLINE_DATA_DIR=/data
VOLUME /data
STOPSIGNAL SIGTERM
ENTRYPOINT ["./helpline"]
CMD ["up", "--only", "asterisk"]
