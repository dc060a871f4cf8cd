# The one entry for people and for continuous integration. `make help` lists the targets; each takes a
# bare Debian machine with Swift as far as it needs. What is being done is said on stderr, so that
# stdout is the program's own (`make -s bench W="W1"` prints JSON lines and nothing else).

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help deps lists build run test check lint tidy sim chaos bench format top release clean hosts lab
.PHONY: fuzz fuzzers corpus asan tsan symbols

# Debian packages that building needs: the C libraries and what SwiftPM calls.
PACKAGES := libzmq3-dev libsodium-dev zlib1g-dev libssh2-1-dev libxxhash-dev libsqlite3-dev libyaml-dev pkg-config git ca-certificates
# What tests make hosts of their own with, and Jupyter's client in a folder of its own, as root on
# Debian; elsewhere those tests are skipped. An SSH server for tests on loopback comes along only
# where installing it does not start one.
HOST_PACKAGES := debootstrap nftables iproute2 openssh-client util-linux python3-venv
# What tests look at notebooks with: a browser without a window, and a terminal.
LAB_PACKAGES := chromium tmux

# Arguments of `run` and `top` (ARGS), workloads of `bench` (W), seed of `sim` and `chaos` (SEED).
ARGS ?=
W ?=
SEED ?= 1
# How long each fuzzer goes on, and chaos does.
MINUTES ?= 1

RELEASE := .build/release
# Formatting rules of the whole tree, and the stricter ones of what users import.
PUBLIC_RULES = sed -E 's/("(AllPublicDecl|BeginDocumentation)[A-Za-z]*": )false/\1true/' .swift-format

# Coverage of every edge, for libFuzzer; by the frontend, since the driver would link a main of its
# own.
FUZZ_FLAGS := -Xswiftc -Xfrontend -Xswiftc -sanitize=fuzzer -Xswiftc -Xfrontend -Xswiftc \
  -sanitize-coverage=edge,inline-8bit-counters,pc-table,indirect-calls,trace-cmp
# What sanitizers look at: decoders, rings, pages, sockets, SSH, an agent's loop with its worker links.
# Not the rooms without a line of `unsafe`, whose memory the compiler checks and which have no
# threads (models, scheduling, forecasts, sessions); nor those whose tests start programs of their
# own, which would be programs without a sanitizer.
SANITIZED := FuzzTests $(foreach room,Elements Wire Storage Transport Hosts Agent,Swoop$(room)Tests)

say = printf 'swoop: %s\n' "$(1)" >&2

build_tests = $(call say,building with the tests); swift build --build-tests >&2

# Builds the release product $(1), unless its stamp is newer than every source and names this compiler:
# a build that finds nothing to do still takes seconds.
define build_release
stamp=.build/$(1).release-stamp; \
compiler="$$(stat -L -c '%n %s %Y' "$$(command -v swiftc)")"; \
if [ -x $(RELEASE)/$(1) ] && [ "$$(cat "$$stamp" 2>/dev/null)" = "$$compiler" ] \
   && [ -z "$$(find Package.swift Sources $(wildcard Examples Tests/Benchmarks Tests/TestHosts Tests/TestLab Tests/PageProbe) -newer "$$stamp" -print -quit)" ]; \
then $(call say,$(1) is up to date); \
else \
  $(call say,building $(1) for release; the first time takes some minutes); \
  began="$$(mktemp)"; \
  swift build -c release --product $(1) >&2; \
  printf '%s\n' "$$compiler" >"$$stamp"; touch -r "$$began" "$$stamp"; rm -f "$$began"; \
fi
endef

# Runs what follows where two test hosts are up, if it is root's: elsewhere those figures are left out.
define in_lab
if [ "$$(id -u)" -eq 0 ]; then exec $(RELEASE)/TestLab alpha beta -- $(RELEASE)/swoop-bench $(W); fi;
endef

help: ## Print the targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## Install the Debian packages that are missing; needs root or sudo only if one is.
	@command -v swift >/dev/null \
	  || { $(call say,Swift 6.2 or later is not on PATH: see https://www.swift.org/install/linux); exit 1; }
	@missing=(); \
	for package in $(PACKAGES); do \
	  [ "$$(dpkg-query -W -f='$${db:Status-Status}' "$$package" 2>/dev/null)" = installed ] \
	    || missing+=("$$package"); \
	done; \
	if [ $${#missing[@]} -eq 0 ]; then $(call say,system packages are all installed); exit 0; fi; \
	if ! command -v apt-get >/dev/null; then \
	  $(call say,this is no Debian: install what corresponds to $${missing[*]}); exit 0; fi; \
	sudo=(); \
	if [ "$$(id -u)" -ne 0 ]; then \
	  command -v sudo >/dev/null \
	    || { $(call say,as root please: apt-get install $${missing[*]}); exit 1; }; \
	  sudo=(sudo); \
	fi; \
	export DEBIAN_FRONTEND=noninteractive; \
	install() { "$${sudo[@]}" apt-get install -y --no-install-recommends "$${missing[@]}" >&2; }; \
	update() { $(call say,reading the package lists); "$${sudo[@]}" apt-get update >&2; }; \
	compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null || update; \
	$(call say,installing $${missing[*]}); \
	install || { update; install; }

lists: deps # DebianRank reads the machine's package lists: fetched where there are none.
	@if command -v apt-get >/dev/null && ! compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; then \
	  sudo=(); [ "$$(id -u)" -eq 0 ] || sudo=(sudo); \
	  $(call say,fetching the package lists that DebianRank reads); \
	  "$${sudo[@]}" apt-get update >&2; \
	fi

hosts: # What test hosts need: only where tests can make hosts, and no failure where it cannot be had.
	@if [ "$$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then exit 0; fi; \
	export DEBIAN_FRONTEND=noninteractive; \
	install() { apt-get install -y --no-install-recommends "$${missing[@]}" >&2; }; \
	have() { \
	  local purpose="$$1" package missing=(); shift; \
	  for package in "$$@"; do \
	    [ "$$(dpkg-query -W -f='$${db:Status-Status}' "$$package" 2>/dev/null)" = installed ] \
	      || missing+=("$$package"); \
	  done; \
	  if [ $${#missing[@]} -eq 0 ]; then return 0; fi; \
	  $(call say,installing $${missing[*]} for $$purpose); \
	  install || { apt-get update >&2 && install; } \
	    || $(call say,without $${missing[*]} $$purpose are skipped); \
	}; \
	packages=($(HOST_PACKAGES)); \
	[ -d /run/systemd/system ] || packages+=(openssh-server); \
	have "tests on several hosts" "$${packages[@]}"; \
	have "tests that look at notebooks" $(LAB_PACKAGES)

build: deps ## Build everything for debugging, tests included.
	@$(call build_tests)

run: lists ## Build what is not up to date, then rank Debian's packages on this machine (ARGS=...).
	@$(call build_release,DebianRank)
	@$(call say,DebianRank ranks the packages of this machine's apt lists)
	@exec $(RELEASE)/DebianRank $(ARGS)

test: deps lint hosts ## Everything: format lint, and all tests; the last line counts them.
	@$(call build_tests)
	@$(call run_tests,)

check: deps lint hosts ## In minutes: format lint, build, unit tests, tidy, a short simulation.
	@$(call build_tests)
	@$(call run_tests,--skip IntegrationTests)

symbols: deps ## Write Tests/PublicSymbols/Swoop.txt, the list of what programs see, anew.
	@$(call build_tests)
	@export SWOOP_SYMBOLS=write; $(call run_tests,--filter PublicSymbolsTests)

tidy: deps ## Only the tests of the house's rules.
	@$(call build_tests)
	@$(call run_tests,--filter TidyTests)

lint: # Formatting as .swift-format says; documentation of every public declaration in Sources/Swoop.
	@$(call say,checking the format)
	@swift format lint --strict --parallel -r Package.swift Sources Tests $(wildcard Examples) \
	  || { $(call say,make format mends most of this); exit 1; }
	@swift format lint --strict --parallel --configuration "$$($(PUBLIC_RULES))" -r Sources/Swoop

sim: deps ## Simulate faults, first seed SEED=1; a failing run prints its seed.
	@$(call say,simulating from seed $(SEED))
	@SWOOP_SEED=$(SEED) swift test --filter SimulationTests

chaos: deps hosts ## Kill and stop real processes for MINUTES=1, as the seed SEED=1 says.
	@$(call build_tests)
	@$(call say,chaos for $(MINUTES) minutes from seed $(SEED))
	@export SWOOP_CHAOS_MINUTES=$(MINUTES) SWOOP_SEED=$(SEED); $(call run_tests,--filter ChaosTests)

bench: deps hosts ## Measure the workloads W="W1 W2", all if empty: one JSON line per figure.
	@$(call build_release,swoop-bench)
	@$(if $(or $(filter estimate,$(W)),$(if $(W),,all)),$(call build_release,DebianRank))
	@$(if $(or $(filter W9 pages build,$(W)),$(if $(W),,all)),$(call build_release,TestLab))
	@$(if $(or $(filter pages,$(W)),$(if $(W),,all)),$(call build_release,PageProbe))
	@$(call say,measuring $(or $(W),every workload))
	@$(if $(or $(filter W9 pages build,$(W)),$(if $(W),,all)),$(call in_lab)) exec $(RELEASE)/swoop-bench $(W)

top: deps ## Watch every core of the cluster that runs on this machine.
	@$(call build_release,swoop)
	@exec $(RELEASE)/swoop top $(ARGS)

lab: deps hosts ## As root: bring up test hosts NAME or NAME:bullseye (ARGS="alpha beta"), until ^D.
	@$(call say,building TestLab); swift build --product TestLab >&2
	@exec .build/debug/TestLab $(ARGS)

fuzz: deps ## Try every decoder with invented bytes: seven fuzzers, MINUTES=1 each, two at a time.
	@$(call build_fuzzers)
	@$(call say,fuzzing for $(MINUTES) minutes each)
	@$(call run_fuzzers,-max_total_time=$$(( $(MINUTES) * 60 )))

# Each fuzzer is a group of decoders (6 to 13 of them) that share its minute: one for each decoder
# would take half an hour. Four minutes of wall for all, on two cores.
fuzzers: deps ## The same from seed 1, 60 s for each fuzzer: what CI runs.
	@$(call build_fuzzers)
	@$(call say,fuzzing from seed 1 for 60 s each)
	@$(call run_fuzzers,-seed=1 -reload=0 -max_total_time=60)

corpus: # Keeps some short inputs of the last `make fuzz`, of those that reach all that it reached.
	@cd .build-fuzz; mkdir -p bin ../Tests/Corpora; for group in $$(ls found); do \
	  : "libFuzzer starts itself again by its name, which is the group's"; \
	  printf '#!/bin/sh\nexec "%s/release/swoop-fuzz" %s "$$@"\n' "$$PWD" "$$group" >"bin/$$group"; \
	  chmod +x "bin/$$group"; rm -rf merged; mkdir merged; \
	  PATH="$$PWD/bin:$$PATH" "$$group" merged "found/$$group" -merge=1 >merge.log 2>&1; \
	  release/swoop-fuzz keep "$$group" ../Tests/Corpora merged/*; \
	done

asan: deps ## Run tests of the pure and the I/O rooms with AddressSanitizer.
	@$(call sanitized,address)

tsan: deps ## Run the same tests with ThreadSanitizer.
	@$(call sanitized,thread)

format: ## Rewrite the sources as .swift-format says.
	@swift format --in-place --parallel -r Package.swift Sources Tests $(wildcard Examples)

release: deps ## Build the tool with the Swift runtime inside, stripped, as .build-release/swoop.
	@$(call say,building swoop with the Swift runtime inside)
	@swift build -c release --static-swift-stdlib --scratch-path .build-release/scratch \
	  --product swoop >&2
	@strip -o .build-release/swoop .build-release/scratch/release/swoop
	@ls -lh .build-release/swoop >&2

clean: ## Forget everything that was built.
	@rm -rf .build .build-release .build-fuzz .build-address .build-thread

# Builds swoop-fuzz with libFuzzer, without its main, in a folder of its own.
define build_fuzzers
$(call say,building the fuzzers); \
runtime="$$(find "$$(dirname "$$(readlink -f "$$(command -v swiftc)")")/../lib/clang/" \
  -name 'libclang_rt.fuzzer_no_main-*.a' | head -1)"; \
[ -n "$$runtime" ] || { $(call say,this toolchain has no libFuzzer); exit 1; }; \
nice swift build -c release --product swoop-fuzz --scratch-path .build-fuzz $(FUZZ_FLAGS) \
  -Xlinker -u -Xlinker LLVMFuzzerRunDriver -Xlinker "$$runtime" -Xlinker -lstdc++ >&2
endef

# Runs every fuzzer with the limit $(1). Hashes and addresses are the same each time, and with
# -reload=0 the folder is not read again: on one machine a seed says in which order what is tried,
# and the time how far that goes.
define run_fuzzers
cd .build-fuzz; rm -rf found crashes; mkdir crashes; failed=; \
export SWIFT_BACKTRACE=enable=no SWIFT_DETERMINISTIC_HASHING=1; \
still=; ! setarch -R true 2>/dev/null || still='setarch -R'; export still; \
release/swoop-fuzz groups | xargs -P 2 -L 1 bash -c 'group=$$0; \
  mkdir -p found/$$group && release/swoop-fuzz begin $$group found/$$group ../Tests/Corpora \
  && nice $$still release/swoop-fuzz $$group found/$$group $(1) -artifact_prefix=crashes/$$group- \
     -rss_limit_mb=2048 -timeout=20 -verbosity=0 -print_final_stats=1 >$$group.log 2>&1 \
  || { tail -40 $$group.log; exit 1; }' >&2 || failed=1; \
for group in $$(release/swoop-fuzz groups); do \
  printf 'swoop: fuzzer %s: %s runs\n' "$$group" \
    "$$(sed -n 's/^stat::number_of_executed_units: *//p' "$$group.log")" >&2; \
done; \
for find in $$(ls crashes); do \
  printf 'swoop: found: .build-fuzz/crashes/%s, which is for %s\n' "$$find" \
    "$$(release/swoop-fuzz name "$${find%%-*}" "crashes/$$find")" >&2; \
done; \
[ -z "$$failed" ] || { printf '%s\n' \
  'swoop: mend it in the room of the decoder, with a test, and add the bytes to its file in' \
  'swoop: Tests/Corpora. (.build-fuzz/release/swoop-fuzz GROUP FILE tries a file once more.)' >&2; \
  exit 1; }
endef

# Builds what makes sense under the sanitizer $(1), in a folder of its own, and runs it. What is
# known to be no fault, and why, is in Tests/Sanitizers; left out are tests that weigh a process, since
# sanitizers keep freed memory, and those whose programs go on as another user, which LeakSanitizer
# cannot. Four tests at a time, where the toolchain can be told so: of hundreds at once, each many times
# slower than usual, some miss a deadline of what they test.
define sanitized
$(call say,building $(words $(SANITIZED)) rooms with -sanitize=$(1); the first time in minutes); \
export SWOOP_TESTS='$(strip $(SANITIZED))'; \
export LSAN_OPTIONS='suppressions=$(CURDIR)/Tests/Sanitizers/leaks.txt:print_suppressions=0'; \
export TSAN_OPTIONS='suppressions=$(CURDIR)/Tests/Sanitizers/races.txt'; \
nice swift build --build-tests --scratch-path .build-$(1) --sanitize $(1) >&2; \
$(call say,running their tests with -sanitize=$(1)); \
width="$$(swift test --help-hidden | grep -om1 -e --experimental-maximum-parallelization-width || true)"; \
nice swift test --skip-build --disable-xctest --scratch-path .build-$(1) --sanitize $(1) \
  $${width:+$$width 4} \
  --skip 'aThousandConnectionsLeave|who flood a server|of another user can even connect'; \
$(call say,-sanitize=$(1) found nothing)
endef

# Runs the tests that $(1) selects; ends in what failed and a line of counts, whatever happened; keeps
# the exit code. Both come from the runner's report, which a run that crashes never writes: of such a
# run it ends in the last that was said besides the course of the tests.
define run_tests
$(call say,running the tests); \
report=.build/tests.xml; rm -f "$$report"; status=0; \
swift test --skip-build --disable-xctest --parallel --xunit-output "$$report" $(1) 2>&1 \
  | tee .build/tests.log || status=$$?; \
if [ "$$status" -ne 0 ] && [ ! -s "$$report" ]; then \
  $(call say,the tests wrote no report; the last that was said:); \
  { grep -avE '^(◇|✔|↳|$$)' .build/tests.log || true; } | tail -n 40 | cut -c 1-300; \
fi; \
{ cat "$$report" 2>/dev/null || true; } | awk -v status=$$status ' \
  /<testcase / { cases++; open = 1; name = $$0; sub(/.* name="/, "", name); sub(/".*/, "", name) } \
  /<failure/ && open { failed++; open = 0; print "failed: " name } \
  /<failure/ { \
    sub(/.*message="/, "  "); sub(/" *\/>.*/, ""); gsub(/&#10;/, "\n  "); gsub(/&quot;/, "\""); \
    gsub(/&lt;/, "<"); gsub(/&gt;/, ">"); gsub(/&apos;/, "\47"); gsub(/&amp;/, "\\&"); print } \
  /<skipped/ && open { skipped++; open = 0 } \
  END { \
    if (status && !failed) { failed = 1; cases++; print "the tests ended early: status " status } \
    printf "%d passed, %d failed, %d skipped\n", cases - failed - skipped, failed, skipped }'; \
exit $$status
endef
