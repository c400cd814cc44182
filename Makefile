# make serve   the map at http://127.0.0.1:8080
# make test    every check that a change has to pass
# make clients QGIS, OWSLib, python-pptx, LibreOffice and schemathesis (part of test)
# make build   the whole service in target/release/renewal-map
# make verify  the same checks, the long ones in full, and the benchmarks once
# make bench   the figures of the README; bench-pictures those beside QGIS Server's

CARGO ?= cargo
NPM   ?= npm
# The Python that Debian's QGIS is built for; another one has no QGIS.
PYTHON = /usr/bin/python3
TARGET = $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
CLIENTS = $(TARGET)/clients-venv
SERVE_OPTIONS ?=

.DEFAULT_GOAL := build
.PHONY: serve test clients build verify bench bench-pictures bench-pictures-tools page tools test-tools check-toolchains

serve: build
	$(CARGO) run --release --locked --quiet -- serve $(SERVE_OPTIONS)

build: tools page
	$(CARGO) build --release --locked

# PROJ is built from source: that wants CMake, a C++ compiler and sqlite3.
tools: check-toolchains
	@.ci/need cmake=cmake g++=g++ sqlite3=sqlite3

test-tools: check-toolchains
	@$(CARGO) fmt --version >/dev/null 2>&1 && $(CARGO) clippy --version >/dev/null 2>&1 \
	  || { echo "请先运行 (please run first): rustup component add rustfmt clippy" >&2; exit 1; }
	@.ci/need cmake=cmake g++=g++ sqlite3=sqlite3 chromium=chromium ogrinfo=gdal-bin osmium=osmium-tool unshare=util-linux openssl=openssl \
	  /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc=fonts-noto-cjk

check-toolchains:
	@command -v $(CARGO) >/dev/null || { echo "请先安装 Rust (please install Rust first): https://rustup.rs" >&2; exit 1; }
	@node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null \
	  && command -v $(NPM) >/dev/null \
	  || { echo "请先安装 Node.js 20.19 或更新 (please install Node.js 20.19 or newer first)" >&2; exit 1; }

# The page is built into the program, so it comes first.
page: web/dist/index.html

web/dist/index.html: web/node_modules/.package-lock.json src/http/openapi.json \
    web/index.html web/vite.config.ts web/tsconfig.json $(shell find web/src web/public -type f ! -name schema.d.ts)
	cd web && $(NPM) run --silent generate && $(NPM) run --silent build
	@touch $@

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && $(NPM) ci --no-audit --no-fund
	@touch $@

# The program that tests outside Cargo start: the one that Cargo's tests start. `cargo build` would make
# another, of packages with fewer features, from the beginning.
test clients: export RENEWAL_MAP_BIN = $(TARGET)/debug/renewal-map

test: test-tools page
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) test --locked
	cd web && $(NPM) run --silent check && $(NPM) run --silent test
	cd web && $(NPM) run --silent browser
	@$(MAKE) --no-print-directory clients

# Programs that others wrote: QGIS, OWSLib, python-pptx, LibreOffice and schemathesis; GDAL is among Rust's tests.
clients: page $(CLIENTS)/complete
	@.ci/need $(PYTHON)=python3 /usr/lib/python3/dist-packages/qgis=python3-qgis soffice=libreoffice-impress
	$(CARGO) test --locked --no-run
	cd tests/clients && $(PYTHON) -B -m unittest test_qgis
	cd tests/clients && $(CLIENTS)/bin/python -B -m unittest test_owslib test_slide test_openapi

$(CLIENTS)/complete: tests/clients/requirements.txt
	@.ci/need $(PYTHON)=python3 /usr/share/doc/python3-venv=python3-venv
	$(PYTHON) -m venv --clear $(CLIENTS)
	@$(CLIENTS)/bin/pip install --quiet --disable-pip-version-check --requirement $< \
	  || { echo "请检查网络与 pip 的设置 (please check the network and pip's settings): pip install -r $<" >&2; exit 1; }
	@touch $@

verify: export RENEWAL_MAP_VERIFY = 1
verify: test
	$(CARGO) bench --locked --bench speed -- --test

bench: test-tools page
	$(CARGO) bench --locked --bench speed

# Pictures beside those of QGIS Server, of the same data in the same run.
bench-pictures: bench-pictures-tools build
	RENEWAL_MAP_BIN=$(TARGET)/release/renewal-map $(PYTHON) -B benches/pictures.py --out $(TARGET)/pictures

bench-pictures-tools:
	@.ci/need $(PYTHON)=python3 /usr/lib/python3/dist-packages/qgis=python3-qgis qgis_mapserver=qgis-server \
	  /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc=fonts-noto-cjk
