# syntax=docker/dockerfile:1

# Python 3.13.15 on Debian 13, for every platform that the official image has. To move on: read the digest of the tag
# with `docker buildx imagetools inspect python:3.13-slim`, and change it here.
ARG PYTHON_IMAGE=python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b

# ── Build: the environment, whole, in /opt/okr ──
FROM ${PYTHON_IMAGE} AS build
WORKDIR /build
COPY requirements/ requirements/
# The build backend stays in this stage; what runs is installed from hashes, into an environment of its own.
RUN pip install --no-cache-dir --no-deps --only-binary :all: --require-hashes -r requirements/build.txt \
 && python -m venv /opt/okr \
 && /opt/okr/bin/pip install --no-cache-dir --no-deps --only-binary :all: --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY src/ src/
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist . \
 && /opt/okr/bin/pip install --no-cache-dir --no-deps dist/*.whl

# ── Run: Python, the environment, and a user who owns nothing but the data ──
FROM ${PYTHON_IMAGE}
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/okr okr
COPY --from=build /opt/okr /opt/okr
COPY --chmod=755 docker/healthcheck.sh /usr/local/bin/okr-api-healthcheck
ENV PATH=/opt/okr/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    OKR_HOST=0.0.0.0 \
    OKR_PORT=8000 \
    OKR_ADDRESS_FILE=/tmp/okr-api.address \
    OKR_DATA_DIR=/var/lib/okr/data
USER 10001
WORKDIR /var/lib/okr
# Used only where OKR_DATABASE_URL names no PostgreSQL: then one runs in here, and this is its data.
VOLUME /var/lib/okr
EXPOSE 8000
# A script for the shell, as the image has one: no Python starts every ten seconds. It follows --port.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["okr-api-healthcheck"]
ENTRYPOINT ["okr-api"]
CMD ["serve"]
