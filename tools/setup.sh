# setup.sh - sourced: installs the Debian or Ubuntu packages that are missing. Everything comes from the distribution.

BUILD_PACKAGES=(build-essential cmake ninja-build pkg-config libuv1-dev libnghttp2-dev libdeflate-dev zlib1g-dev
    libxxhash-dev libpcre2-dev libjansson-dev libyaml-dev libcurl4-openssl-dev)
TEST_PACKAGES=(libcmocka-dev libhttp-parser-dev clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev llvm-14 protobuf-compiler
    python3 python3-pytest python3-requests python3-protobuf python3-grpcio python3-xxhash nghttp2-client curl ca-certificates)
# Where the distribution has it as a package (Debian); elsewhere the browser tests look for any Chromium on the PATH.
BROWSER_PACKAGES=(chromium-headless-shell)

package_missing() {
    ! dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}

# install_packages NAME...: those that are missing.
install_packages() {
    local missing=() name
    for name in "$@"; do
        if package_missing "$name"; then missing+=("$name"); fi
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    if ! command -v apt-get >/dev/null; then
        echo "dev: these packages are missing, and there is no apt-get to install them: ${missing[*]}" >&2
        return 1
    fi
    local root=()
    if [ "$(id -u)" -ne 0 ]; then root=(sudo); fi
    echo "dev: installing ${missing[*]}" >&2
    "${root[@]}" apt-get update -qq >&2
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

setup_build() { install_packages "${BUILD_PACKAGES[@]}"; }

setup_test() {
    install_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
    if apt-cache show "${BROWSER_PACKAGES[0]}" >/dev/null 2>&1; then install_packages "${BROWSER_PACKAGES[@]}"; fi
}
