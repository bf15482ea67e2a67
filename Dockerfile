# One image for every role: `docker run IMAGE` runs all of them, `docker run IMAGE run web connectors` some.
# All data is in the volume /data; settings come by GATEWAY_… variables or a mounted /data/gateway.toml.

FROM python:3.13-slim-trixie AS build
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /opt/gateway \
    && /opt/gateway/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt
# The package itself is put beside its dependencies as it is: nothing is built, so nothing unpinned is fetched.
COPY gateway /tmp/gateway
RUN cp -r /tmp/gateway "$(/opt/gateway/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/" \
    && /opt/gateway/bin/python -m compileall -q /opt/gateway/lib

FROM python:3.13-slim-trixie
RUN useradd --system --uid 10001 --user-group --home-dir /data --create-home gateway
COPY --from=build /opt/gateway /opt/gateway
COPY LICENSE /opt/gateway/
ENV PATH=/opt/gateway/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    GATEWAY_DATA_DIR=/data \
    GATEWAY_CONFIG=/data/gateway.toml \
    GATEWAY_HTTP__HOST=0.0.0.0 \
    GATEWAY_HTTP__PORT=8081 \
    GATEWAY_LOG_FORMAT=json
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8081
# The slim image has no curl. urlopen raises, and so exits 1, where /readyz answers 503 or nothing.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['GATEWAY_HTTP__PORT'] + '/readyz', timeout=4)"]
# SIGTERM, Docker's own, finishes what is begun; give it the time: `docker stop --time 20`.
ENTRYPOINT ["python", "-m", "gateway"]
CMD ["run"]
