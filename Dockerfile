# The application alone: PostgreSQL and Redis (or Valkey) are services beside it, see docker-compose.yml.
FROM python:3.11-slim

RUN pip install --no-cache-dir uv

ENV UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1 \
    UV_NO_CACHE=1 \
    PYTHONUNBUFFERED=1 \
    OMS_ENV=production \
    OMS_HOST=0.0.0.0 \
    OMS_PORT=8000

RUN useradd --create-home --uid 10001 oms
WORKDIR /app

# Dependencies first: they change less often than the code.
COPY pyproject.toml ./
RUN uv sync --no-dev

COPY . .
USER oms
ENV PATH=/app/.venv/bin:$PATH

EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=2)"]
# Without a shell in between, so that SIGTERM reaches it.
ENTRYPOINT ["python", "oms.py"]
CMD ["serve"]
