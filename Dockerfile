# tallyman in an image, of a tree that is built (npm run build), as published packages are:
#   podman build --format docker -t localhost/tallyman:0.1.0 .
# Where no registry of images is reached, tools/node-base.mjs makes what it begins with, of the Node that is here:
#   node tools/node-base.mjs localhost/node-base && podman build --format docker --build-arg BASE=localhost/node-base -t localhost/tallyman:0.1.0 .
# Without packages for SQL, pictures and their fonts, which take 250 MB; --build-arg WITH=all has them.
ARG BASE=docker.io/library/node:22-bookworm-slim

FROM ${BASE} AS packages
ARG WITH=least
WORKDIR /opt/tallyman
COPY package.json package-lock.json ./
RUN [ "$WITH" = all ] || npm pkg delete optionalDependencies; \
    npm pkg delete devDependencies scripts && npm install --omit=dev --prefer-offline --no-audit --no-fund --no-update-notifier

FROM ${BASE}
WORKDIR /opt/tallyman
COPY --from=packages /opt/tallyman/node_modules ./node_modules
COPY package.json LICENSE NOTICE ./
COPY bin ./bin
COPY dist ./dist
ENV TALLYMAN_HOME=/data NODE_ENV=production
# Nobody's in particular: `--user` makes it whose the files are.
USER 1000:1000
WORKDIR /tmp
EXPOSE 8080
# Any answer will do, since without the token the page refuses.
HEALTHCHECK --interval=30s --timeout=5s CMD ["node", "-e", "fetch('http://localhost:8080/').catch(() => process.exit(1))"]
ENTRYPOINT ["node", "/opt/tallyman/bin/tallyman"]
CMD ["serve", "--public", "--allow-host", "localhost", "--port", "8080"]
