// Folders of which programs are started: nobody but their user, and root, may be able to change
// what is in them. ProbeScript.swift of SwoopHosts looks at a host's in the same way, in shell.

import Glibc

/// Why a folder cannot keep programs.
package enum FolderFault: Hashable, Sendable {
    /// It is a link, or a file.
    case noFolder
    /// It, or one above it, belongs to somebody else.
    case foreign(owner: String)
    /// Others can write into it, or rename what is in one above it.
    case open(mode: String)
    /// Its path means more than a name to the loader, which looks for libraries there.
    case unsearchable

    /// The sentence for a folder.
    package func words(of path: String) -> String {
        let why = ": who can change it can have any program run; name another folder."
        return switch self {
        case .noFolder: "\(path) is a link or no folder; name another folder."
        case .foreign(let owner): "\(path) belongs to another user (\(owner))" + why
        case .open(let mode): "others can write into \(path) (\(mode))" + why
        case .unsearchable:
            "\(path) has a colon, a semicolon or a dollar sign, which the loader of programs takes"
                + " for more than a name; name another folder."
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
    /// nobody else can put another in its place.
    ///
    /// A group that has its user's number is that user alone.
    static func check(_ path: String) throws(BundleError) {
        guard let real = unsafe realpath(path, nil) else {
            throw .systemCall("realpath", path: path, code: errno)
        }
        defer { unsafe free(real) }
        var above = unsafe String(cString: real)
        try checkItself(above)
        guard FolderFault.isSearchable(above) else { throw fault(.unsearchable, above) }
        let top = status(of: "/")?.st_uid ?? 0
        while let slash = above.lastIndex(of: "/"), above != "/" {
            above = slash == above.startIndex ? "/" : String(above[..<slash])
            guard let found = status(of: above) else {
                throw .systemCall("lstat", path: above, code: errno)
            }
            let isOwn = found.st_uid == geteuid()
            guard isOwn || found.st_uid == 0 || found.st_uid == top else {
                throw fault(.foreign(owner: "\(found.st_uid)"), above)
            }
            if found.st_mode & 0o1000 != 0 { continue }
            let isPrivateGroup = isOwn && found.st_gid == found.st_uid
            guard found.st_mode & (isPrivateGroup ? 0o002 : 0o022) == 0 else {
                throw fault(.open(mode: octal(found)), above)
            }
        }
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
