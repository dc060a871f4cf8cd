// The roots that hosts are laid over: one folder a release, made by debootstrap once for a machine,
// never written afterwards. How it is made is in HostScripts.

import Glibc

/// A base root of this machine's cache.
enum BaseRoot {
    /// Raised when the recipe changes: older roots are then forgotten.
    private static let recipe = 1
    private static let makingSeconds: Int64 = 600

    /// Where the roots are kept.
    static var cacheFolder: String {
        let cache = unsafe getenv("XDG_CACHE_HOME").map { unsafe String(cString: $0) } ?? ""
        return (cache.hasPrefix("/") ? cache : "/var/cache") + "/swoop-tests"
    }

    /// The root of a release, made now if this machine has none: then it takes about 30 seconds.
    static func folder(of release: DebianRelease) throws -> String {
        let folder = "\(cacheFolder)/\(release.rawValue)-\(recipe)"
        if exists(folder) { return folder }
        try runSuccessfully("mkdir -p \"$1\"", [cacheFolder], named: "making the cache folder")
        // Whoever comes second waits here, and finds the root made.
        let lock = try FileLock(at: "\(cacheFolder)/\(release.rawValue).lock", waiting: true)
        defer { lock?.release() }
        if exists(folder) { return folder }
        let making = folder + ".making"
        let clear = #"rm -rf --one-file-system "$1"/"$2"-*"#
        try runSuccessfully(
            clear, [cacheFolder, release.rawValue], named: "clearing the cache of roots")
        var words = ""
        for mirror in mirrors {
            let result = try runScript(
                HostScripts.base, [release.rawValue, making, mirror],
                named: "making the \(release) root", within: makingSeconds)
            if result.isSuccess {
                guard rename(making, folder) == 0 else { break }
                return folder
            }
            words += "\(mirror): \(result.output.suffix(400))\(result.errors.suffix(400))\n"
            _ = try runScript("rm -rf --one-file-system \"$1\"", [making], named: "clearing")
        }
        throw LabError.failed("making the \(release) root", words: words)
    }

    /// Debian's mirror of this machine's own sources, then the usual one and that of old releases.
    private static var mirrors: [String] {
        let find = #"""
            cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
              /etc/apt/sources.list.d/*.sources 2>/dev/null \
              | sed -n -E 's!^(deb|URIs:).*[ ](https?://[^ ]*/debian)/?( .*)?$!\2!p' | head -n 1
            """#
        let own = (try? runScript(find, named: "reading apt's sources"))?.output ?? ""
        let usual = "http://deb.debian.org/debian"
        let first = own.split(separator: "\n").first.map(String.init) ?? usual
        return (first == usual ? [usual] : [first, usual]) + ["http://archive.debian.org/debian"]
    }

    private static func exists(_ path: String) -> Bool {
        unsafe access(path, F_OK) == 0
    }

    private static func rename(_ source: String, _ target: String) -> Int32 {
        unsafe Glibc.rename(source, target)
    }
}

/// A file that one process at a time holds; the kernel lets go when the last holder ends.
struct FileLock: Sendable {
    /// The open file: whoever inherits it holds the lock too.
    let descriptor: Int32

    /// Nil when somebody else holds it and waiting is not wanted.
    init?(at path: String, waiting: Bool) throws {
        let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw LabError.failed("opening \(path)", words: "errno \(errno)") }
        while flock(file, waiting ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            _ = close(file)
            return nil
        }
        descriptor = file
    }

    /// Closes it here.
    func release() {
        _ = close(descriptor)
    }
}
