# The controller. Asterisk has an image of its own, asterisk-config/Dockerfile.

FROM python:3.12-slim AS build
WORKDIR /build
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY ari_conf ari_conf
COPY asterisk-config asterisk-config
RUN python -m venv /opt/ari-conf && /opt/ari-conf/bin/pip install --no-cache-dir .

FROM python:3.12-slim
COPY --from=build /opt/ari-conf /opt/ari-conf
RUN useradd --system --create-home --home-dir /var/lib/ari-conf ari-conf \
    && install -d -o ari-conf /var/lib/ari-conf/.local /var/lib/ari-conf/.local/state
ENV PATH=/opt/ari-conf/bin:$PATH PYTHONUNBUFFERED=1
USER ari-conf
# The settings file ari-conf.toml, if there is one, is looked for here.
WORKDIR /var/lib/ari-conf
EXPOSE 8080
# Healthy is who takes calls. Whatever kills containers that are not should ask `ari-conf health --alive` instead: the calls go
# on without the engine, and while they finish.
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s CMD ["ari-conf", "health"]
CMD ["ari-conf", "serve"]
