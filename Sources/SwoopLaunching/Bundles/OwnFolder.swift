// Folders of which programs are started: nobody but their user, and root, may be able to change
// what is in them. HostFolder.swift of SwoopHosts looks at a host's in the same way, in shell.
// Groups are judged in PrivateGroup.swift.

import CSwoopSystem
import Glibc

/// Why a folder cannot keep programs.
package enum FolderFault: Equatable, Sendable {
    /// It is a link, or a file.
    case noFolder
    /// It, or one above it, belongs to somebody else.
    case foreign(owner: String)
    /// Others can write into it, or rename what is in one above it.
    case open(mode: String)
    /// A group can, and others than its user are in it.
    case shared(group: String, mode: String)
    /// Its path means more than a name to the loader, which looks for libraries there.
    case unsearchable

    /// The sentence for a folder.
    package func words(of path: String) -> String {
        let why: String =
            switch self {
            case .noFolder, .unsearchable: ""
            case .foreign: ": who can change it can have any program run"
            case .open:
                ": who can change it can have any program run. Take that from them (chmod go-w)"
            case .shared: ": they can have any program run. Take that from it (chmod g-w)"
            }
        let mending =
            switch self {
            case .open, .shared: ", or name another folder."
            case .noFolder, .foreign, .unsearchable: "; name another folder."
            }
        return trouble(of: path) + why + mending
    }

    /// What is wrong with a folder, as a clause.
    package func trouble(of path: String) -> String {
        switch self {
        case .noFolder: "\(path) is a link or no folder"
        case .foreign(let owner): "\(path) belongs to another user (\(owner))"
        case .open(let mode): "others can write into \(path) (\(mode))"
        case .shared(let group, let mode):
            "the group \(group) can write into \(path) (\(mode)), and others are in it"
        case .unsearchable:
            "\(path) has a colon, a semicolon or a dollar sign, which the loader of programs takes"
                + " for more than a name"
        }
    }

    /// Whether the loader looks for libraries in the folder of this name and nowhere else.
    package static func isSearchable(_ path: String) -> Bool {
        !path.utf8.contains { $0 == 0x3a || $0 == 0x3b || $0 == 0x24 }
    }
}

/// Looks at folders.
enum OwnFolder {
    /// Throws a sentence unless the folder is this user's own and closed to writing by others, and
    /// nobody else can put another in its place: neither a folder above it nor a link on the way
    /// there is somebody else's.
    static func check(_ path: String) throws(BundleError) {
        let folder = try walk(to: path, isAbove: false)
        try checkItself(folder)
        guard FolderFault.isSearchable(folder) else { throw fault(.unsearchable, folder) }
    }

    /// Throws a sentence unless nobody else can put another file in the place of this one, which is
    /// not looked at.
    static func checkWay(to path: String) throws(BundleError) {
        guard let slash = path.lastIndex(of: "/") else { return try checkWay(to: "./" + path) }
        _ = try walk(to: String(path[...slash]), isAbove: true)
    }

    /// Throws a sentence unless nobody else can make files beside this one, put another in its
    /// place, or change it where it is there.
    static func checkKept(_ path: String) throws(BundleError) {
        let slash = path.lastIndex(of: "/")
        let folder = try walk(
            to: slash.map { String(path[...$0]) } ?? ".", isAbove: false)
        let top = status(of: "/")?.st_uid ?? 0
        guard let found = status(of: folder) else {
            throw .systemCall("lstat", path: folder, code: errno)
        }
        try checkWriters(found, folder, trusting: top)
        if let found = status(of: path) { try checkWriters(found, path, trusting: top) }
    }

    /// The same, and that nobody else can change the file itself, which is there.
    static func checkFile(_ path: String) throws(BundleError) {
        let real = try walk(to: path, isAbove: false)
        guard let found = status(of: real) else {
            throw .systemCall("lstat", path: real, code: errno)
        }
        try checkWriters(found, real, trusting: status(of: "/")?.st_uid ?? 0)
    }

    /// Goes to a folder as the system does, looking at each folder and link that it passes.
    ///
    /// - Parameter isAbove: the folder itself is one of those that are passed.
    /// - Returns: its path without links.
    private static func walk(to path: String, isAbove: Bool) throws(BundleError) -> String {
        let top = status(of: "/")?.st_uid ?? 0
        var real = ""
        var rest = try parts(ofAbsolute: path)[...]
        var links = 0
        try checkAbove("/", trusting: top)
        while let part = rest.popFirst() {
            if part == ".." {
                real = String(real[..<(real.lastIndex(of: "/") ?? real.startIndex)])
                continue
            }
            let next = "\(real)/\(part)"
            guard let found = status(of: next) else {
                throw .systemCall("lstat", path: next, code: errno)
            }
            guard found.st_mode & S_IFMT == S_IFLNK else {
                if isAbove || !rest.isEmpty { try checkAbove(next, trusting: top) }
                real = next
                continue
            }
            guard isTrusted(found, top) else {
                throw fault(.foreign(owner: "\(found.st_uid)"), next)
            }
            links += 1
            guard links <= 40 else { throw .systemCall("readlink", path: path, code: ELOOP) }
            let target = try self.target(of: next)
            if target.hasPrefix("/") { real = "" }
            rest = parts(of: target) + rest
        }
        return real.isEmpty ? "/" : real
    }

    /// A folder on the way: who can rename what is in it is trusted.
    private static func checkAbove(_ path: String, trusting top: uid_t) throws(BundleError) {
        guard let found = status(of: path) else {
            throw .systemCall("lstat", path: path, code: errno)
        }
        if isTrusted(found, top), found.st_mode & 0o1000 != 0 { return }
        try checkWriters(found, path, trusting: top)
    }

    private static func checkWriters(
        _ found: stat, _ path: String, trusting top: uid_t
    ) throws(BundleError) {
        guard isTrusted(found, top) else { throw fault(.foreign(owner: "\(found.st_uid)"), path) }
        guard found.st_mode & 0o002 == 0 else { throw fault(.open(mode: octal(found)), path) }
        guard found.st_mode & 0o020 != 0 else { return }
        // An access list shows as a right of the group: it may name others.
        guard unsafe swoop_file_has_access_list(path) == 0 else {
            throw fault(.open(mode: octal(found)), path)
        }
        guard found.st_uid == geteuid(),
            PrivateGroup.isAlone(owner: found.st_uid, in: found.st_gid)
        else {
            throw fault(.shared(group: "\(found.st_gid)", mode: octal(found)), path)
        }
    }

    private static func isTrusted(_ found: stat, _ top: uid_t) -> Bool {
        found.st_uid == geteuid() || found.st_uid == 0 || found.st_uid == top
    }

    private static func parts(of path: String) -> [Substring] {
        path.split(separator: "/").filter { $0 != "." }
    }

    private static func parts(ofAbsolute path: String) throws(BundleError) -> [Substring] {
        if path.hasPrefix("/") { return parts(of: path) }
        guard let here = unsafe getcwd(nil, 0) else {
            throw .systemCall("getcwd", path: path, code: errno)
        }
        defer { unsafe free(here) }
        return parts(of: unsafe String(cString: here)) + parts(of: path)
    }

    private static func target(of link: String) throws(BundleError) -> String {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe readlink(link, &bytes, bytes.count)
        guard count > 0, count < bytes.count else {
            throw .systemCall("readlink", path: link, code: count < 0 ? errno : ENAMETOOLONG)
        }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// The same of the folder alone: for one inside of a folder that was looked at.
    static func checkItself(_ path: String) throws(BundleError) {
        guard let found = status(of: path) else {
            throw .systemCall("lstat", path: path, code: errno)
        }
        guard found.st_mode & S_IFMT == S_IFDIR else { throw fault(.noFolder, path) }
        guard found.st_uid == geteuid() else {
            throw fault(.foreign(owner: "\(found.st_uid)"), path)
        }
        guard found.st_mode & 0o022 == 0 else { throw fault(.open(mode: octal(found)), path) }
    }

    private static func octal(_ found: stat) -> String {
        String(found.st_mode & 0o7777, radix: 8)
    }

    private static func fault(_ fault: FolderFault, _ path: String) -> BundleError {
        .unsafeFolder(fault, path: path)
    }
}

/// Whether others could change a file that is believed.
package enum OwnFile {
    /// What lets another user change what is at a path, or put another file there, as a clause;
    /// nil: nothing does.
    ///
    /// - Parameter isThere: false: the file is about to be made.
    package static func trouble(of path: String, isThere: Bool) -> String? {
        do throws(BundleError) {
            if isThere { try OwnFolder.checkFile(path) } else { try OwnFolder.checkWay(to: path) }
            return nil
        } catch .unsafeFolder(let fault, let place) {
            return fault.trouble(of: place)
        } catch {
            return error.description
        }
    }

    /// The same of a file that is kept from one time to the next, with others beside it; it need
    /// not be there. Says how to mend it.
    package static func trouble(ofKept path: String) -> String? {
        do throws(BundleError) {
            try OwnFolder.checkKept(path)
            return nil
        } catch .unsafeFolder(let fault, let place) {
            let mending =
                switch fault {
                case .open, .shared: ": take that from them (chmod go-w)"
                case .noFolder, .foreign, .unsearchable: ""
                }
            return fault.trouble(of: place) + mending
        } catch {
            return error.description
        }
    }
}
