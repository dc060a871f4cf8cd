// The programs that a node keeps: files by their digest, and for each program a folder of links to
// them. Everything appears by a rename, files first, the program's folder last: what is there is
// whole, whenever whoever worked on it was killed. CachePruning.swift keeps it small.
//
//     files/<digest>              what travelled, executable
//     programs/<id>/<name>        a link to ../../files/<digest>
//     programs/<id>/.manifest     the text whose hash is <id>
//     programs/<id>/.checked      what the system said of its files when they were hashed
//     programs/<id>/.lock         held (flock) by who runs the program; its time is the last use
//     incoming/                   what is being received; names tell by whom
//     .lock                       held shared while a program is placed, exclusively while pruned
//
// What is executed comes from here: the folder is this user's own (OwnFolder.swift), and the bytes
// of a file are looked at before it is started from (CheckedFile.swift).

import Glibc
package import SwoopModel
import SwoopTransport
import Synchronization

/// A folder of programs.
///
/// Any thread may use it, and any number of processes the same folder.
package final class BundleCache: Sendable {
    /// Its path, without a slash at the end.
    package let folder: String
    var filesFolder: String { "\(folder)/files" }
    var programsFolder: String { "\(folder)/programs" }
    var incomingFolder: String { "\(folder)/incoming" }
    var lockPath: String { "\(folder)/.lock" }
    /// Files whose bytes this object has looked at, as `FileState` tells them.
    private let checked = Mutex<Set<String>>([])

    /// Bytes of files that a cache keeps unless told otherwise.
    package static let byteLimit: Int64 = 2 << 30

    /// The cache of this user: `swoop` in $XDG_CACHE_HOME, or in ~/.cache.
    package static func folderOfUser() throws(BundleError) -> String {
        for (variable, suffix) in [("XDG_CACHE_HOME", "/swoop"), ("HOME", "/.cache/swoop")] {
            guard let text = unsafe getenv(variable) else { continue }
            let base = unsafe String(cString: text)
            if base.hasPrefix("/") { return base + suffix }
        }
        throw .systemCall("look for the home folder", path: "$HOME", code: ENOENT)
    }

    /// The cache of this user at a place that the user names, a leading `~/` for the home folder.
    package static func folder(named name: String?) throws(BundleError) -> String {
        guard let name else { return try folderOfUser() }
        guard name.hasPrefix("~/") else { return name }
        guard let home = unsafe getenv("HOME") else {
            throw .systemCall("look for the home folder", path: "$HOME", code: ENOENT)
        }
        return unsafe String(cString: home) + name.dropFirst()
    }

    /// Opens a cache; its folders are made when missing.
    ///
    /// - Throws: `BundleError.unsafeFolder` when somebody else could change what is there.
    package init(folder: String) throws(BundleError) {
        self.folder = folder
        try makeFolder(folder, mode: 0o700)
        try OwnFolder.check(folder)
        for part in [filesFolder, programsFolder, incomingFolder] {
            try makeFolder(part, mode: 0o700)
            try OwnFolder.checkItself(part)
        }
    }

    /// Bytes that its file system has for this user; nil where it does not say.
    package var freeBytes: Int64? {
        var found = statvfs()
        guard unsafe statvfs(folder, &found) == 0 else { return nil }
        let (bytes, overflow) = Int64(clamping: found.f_bavail)
            .multipliedReportingOverflow(by: Int64(clamping: found.f_frsize))
        return overflow ? .max : bytes
    }

    func isChecked(_ line: String) -> Bool { checked.withLock { $0.contains(line) } }

    func noteChecked(_ line: String) { checked.withLock { _ = $0.insert(line) } }

    /// Where a program lies, or would.
    package func programFolder(_ id: ProgramID) -> String { "\(programsFolder)/\(id.rawValue)" }

    /// The files of a manifest that are not here, or not what their digests say, each digest once.
    package func missing(_ manifest: ProgramManifest) throws(BundleError) -> [ProgramFile] {
        try manifest.check()
        let recorded = recorded(manifest.id)
        var seen: Set<String> = []
        return manifest.files.filter {
            seen.insert($0.digest).inserted && !isIntact($0, recorded: recorded)
        }
    }

    /// Keeps a program that is here from being removed; nil when it is not here, or lacks a file.
    package func use(_ id: ProgramID) -> PlacedProgram? {
        guard ContentDigest.isDigest(id.rawValue) else { return nil }
        return PlacedProgram(id: id, in: self)
    }

    /// Begins to receive a file; what is dropped before `finish` leaves nothing.
    package func receive(_ file: ProgramFile) throws(BundleError) -> FileReceipt {
        guard ContentDigest.isDigest(file.digest), file.byteCount > 0 else {
            throw .refusedManifest("\(file.name.prefix(80)) has no digest or no size")
        }
        return try FileReceipt(
            file, temporary: "\(incomingFolder)/\(TemporaryName.make())",
            final: "\(filesFolder)/\(file.digest)", in: self)
    }

    /// Makes the folder of a program whose files are all here, and keeps it.
    ///
    /// Throws `incomplete` with the names of what is not here.
    package func place(_ manifest: ProgramManifest) throws(BundleError) -> PlacedProgram {
        try manifest.check()
        if let placed = use(manifest.id) { return placed }
        let lock = OwnedDescriptor(
            owning: try opened(lockPath, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600))
        while flock(lock.rawValue, LOCK_SH) != 0 {
            guard errno == EINTR else {
                throw .systemCall("flock", path: lockPath, code: errno)
            }
        }
        let missing = try missing(manifest)
        guard missing.isEmpty else { throw incomplete(manifest, missing) }
        let temporary = "\(incomingFolder)/\(TemporaryName.make())"
        do throws(BundleError) {
            try fill(temporary, with: manifest)
            try move(temporary, to: programFolder(manifest.id))
        } catch {
            removeAll(temporary)
            throw error
        }
        guard let placed = use(manifest.id) else {
            throw incomplete(manifest, try self.missing(manifest))
        }
        return placed
    }

    private func fill(_ temporary: String, with manifest: ProgramManifest) throws(BundleError) {
        guard unsafe mkdir(temporary, 0o700) == 0 else {
            throw .systemCall("mkdir", path: temporary, code: errno)
        }
        for file in manifest.files {
            let link = "\(temporary)/\(file.name)"
            guard unsafe symlink(PlacedProgram.linkTarget(file), link) == 0 else {
                throw .systemCall("symlink", path: link, code: errno)
            }
        }
        try writeFile(
            "\(temporary)/\(PlacedProgram.manifestFile)", Array(manifest.text.utf8), mode: 0o600)
        try writeFile(
            "\(temporary)/\(PlacedProgram.checkedFile)", record(of: manifest), mode: 0o600)
        try writeFile("\(temporary)/\(PlacedProgram.lockFile)", [], mode: 0o600)
    }

    /// Gives a filled folder its name; another that has the name by now is as good, unless it is
    /// damaged.
    private func move(_ temporary: String, to final: String) throws(BundleError) {
        if unsafe rename(temporary, final) == 0 { return }
        guard errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR else {
            throw .systemCall("rename", path: final, code: errno)
        }
        let id = ProgramID(lastComponent(of: final))
        if PlacedProgram.missing(id: id, in: self)?.isEmpty == true {
            removeAll(temporary)
            return
        }
        let aside = "\(incomingFolder)/\(TemporaryName.make())"
        _ = unsafe rename(final, aside)
        removeAll(aside)
        try renameFile(temporary, to: final)
    }

    /// Where this process may make a folder in a cache, which others remove once it has ended and
    /// left it.
    static func newWorkFolder(in folder: String) -> String {
        "\(folder)/incoming/\(TemporaryName.make())"
    }

    private func incomplete(_ manifest: ProgramManifest, _ missing: [ProgramFile]) -> BundleError {
        .incomplete(program: manifest.name, missing: missing.map(\.name))
    }

    /// Removes what broken transfers left.
    ///
    /// What a living process works on stays; what a script, or another machine, left goes after an
    /// hour. Whatever has a name that neither makes is somebody's own, and stays.
    package func removeLeftOvers() {
        let now = Int64(time(nil))
        for name in names(in: incomingFolder) where TemporaryName.isOne(name) {
            let path = "\(incomingFolder)/\(name)"
            guard let status = status(of: path) else { continue }
            let age = now - Int64(status.st_mtim.tv_sec)
            if TemporaryName.isLeftOver(name, ageInSeconds: age) { removeAll(path) }
        }
    }
}
