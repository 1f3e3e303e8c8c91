# One image for every service of docker-compose.yml; each names its own command. It holds no secret and runs as nobody special.

FROM python:3.11-slim-bookworm AS build
WORKDIR /build
RUN python -m venv --without-pip /opt/levy
COPY constraints-service.txt .
RUN python -m pip --python /opt/levy/bin/python install --no-cache-dir --require-hashes --no-deps -r constraints-service.txt
COPY . .
RUN python -m pip --python /opt/levy/bin/python install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin levy \
 && install -d -o levy -g levy -m 0700 /data /drop /tax-files /heads
COPY --from=build /opt/levy /opt/levy
ENV PATH=/opt/levy/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LEVY_HOME=/data LEVY_DROP_DIR=/drop
USER levy
WORKDIR /data
VOLUME ["/data", "/drop", "/tax-files", "/heads"]
CMD ["levy", "--help"]
