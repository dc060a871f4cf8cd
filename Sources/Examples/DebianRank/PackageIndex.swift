// The text of the package index: a file that was named, or the lists of this machine's apt,
// decompressed by apt's own helper one behind the other.

import Glibc

/// A package index as a text file, there as long as this value lives.
final class PackageIndex {
    /// Where the text is.
    let path: String
    /// What it is, for people.
    let description: String
    /// The open file behind `path` if it is the program's own.
    private let own: Int32?

    /// - Parameter file: a text file; nil: this machine's lists.
    init(_ file: String?) throws(PackageIndexError) {
        if let file {
            guard unsafe access(file, R_OK) == 0 else { throw .unreadable(file) }
            (path, description, own) = (file, file, nil)
            return
        }
        let lists = Self.lists()
        guard !lists.isEmpty else { throw .noLists }
        let text = try Self.makeFile()
        do throws(PackageIndexError) {
            for list in lists { try Self.decompress(list, into: text) }
        } catch {
            _ = close(text)
            throw error
        }
        own = text
        path = "/proc/\(getpid())/fd/\(text)"
        let megabytes = (lseek(text, 0, SEEK_CUR) + 500_000) / 1_000_000
        description = "\(lists.count) apt lists with \(megabytes) MB of text"
    }

    deinit { if let own { _ = close(own) } }

    /// Compressed or not, in the order of their names: updates of a release come before it, as apt
    /// names them.
    private static func lists() -> [String] {
        var found = unsafe glob_t()
        defer { unsafe globfree(&found) }
        guard unsafe glob("\(folder)/*_Packages*", 0, nil, &found) == 0 else { return [] }
        return unsafe (0..<Int(found.gl_pathc)).compactMap { index in
            guard let text = unsafe found.gl_pathv[index] else { return nil }
            let path = unsafe String(cString: text)
            let ending = path.split(separator: "_").last ?? ""
            return endings.contains(String(ending)) ? path : nil
        }.sorted()
    }

    /// A file without a name: it is gone when the last process that has it open ends, however it
    /// ends. The processes of the cluster find it through this one.
    private static func makeFile() throws(PackageIndexError) -> Int32 {
        let folder = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var name = Array("\(folder)/DebianRank-XXXXXX".utf8CString)
        let file = unsafe mkstemp(&name)
        guard file >= 0 else { throw .unwritable(errno) }
        _ = unsafe unlink(name)
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        return file
    }

    /// Lets apt's helper write a list's text to the file, behind what is there.
    private static func decompress(_ list: String, into file: Int32) throws(PackageIndexError) {
        var actions = unsafe posix_spawn_file_actions_t()
        _ = unsafe posix_spawn_file_actions_init(&actions)
        defer { _ = unsafe posix_spawn_file_actions_destroy(&actions) }
        _ = unsafe posix_spawn_file_actions_adddup2(&actions, file, 1)
        let texts: [String] = [aptHelper, "cat-file", list]
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe texts.map { unsafe strdup($0) }
        unsafe arguments.append(nil)
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var child: pid_t = 0
        let code = unsafe posix_spawn(&child, aptHelper, &actions, nil, &arguments, environ)
        guard code == 0 else { throw .helper(list, "\(aptHelper) does not start, error \(code)") }
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { throw .helper(list, "waiting for it failed") }
        }
        guard status == 0 else { throw .helper(list, "it ended with status \(status)") }
        // A blank line more does no harm, and one is needed between two lists.
        guard unsafe write(file, "\n", 1) == 1 else { throw .unwritable(errno) }
    }

    private static let folder = "/var/lib/apt/lists"
    private static let aptHelper = "/usr/lib/apt/apt-helper"
    private static let endings: Set<String> = [
        "Packages", "Packages.lz4", "Packages.xz", "Packages.gz", "Packages.bz2", "Packages.zst",
        "Packages.lzma",
    ]
}

/// Why there is no package index.
enum PackageIndexError: Error, CustomStringConvertible {
    case noLists
    case unreadable(String)
    case unwritable(Int32)
    case helper(String, String)

    var description: String {
        switch self {
        case .noLists:
            "this machine has no package lists in /var/lib/apt/lists: "
                + "run `apt-get update` as root, or name a file by --index"
        case .unreadable(let file): "the index \(file) cannot be read"
        case .unwritable(let code):
            "a temporary file cannot be written (error \(code)): TMPDIR names the folder for it"
        case .helper(let list, let reason): "apt's helper did not read \(list): \(reason)"
        }
    }
}
