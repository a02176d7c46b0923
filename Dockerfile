# One image for every part of the platform; docker-compose.yml says which part a container runs.
FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir uv && uv pip install --system --no-cache -r requirements.lock
COPY . .
RUN uv pip install --system --no-cache --offline --no-deps --no-build-isolation --editable .
RUN useradd --create-home zhiyin && mkdir /state && chown zhiyin /state
USER zhiyin
ENV PYTHONPATH=/app ZHIYIN_HOME=/state DO_NOT_TRACK=1 BENTOML_DO_NOT_TRACK=True SCARF_ANALYTICS=false
CMD ["zhiyin", "serve"]
