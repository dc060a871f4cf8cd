// The programs that a node keeps: files by their digest, and for each program a folder of links to
// them. Everything appears by a rename, files first, the program's folder last: what is there is
// whole, whenever whoever worked on it was killed. CachePruning.swift keeps it small.
//
//     files/<digest>              what travelled, executable
//     programs/<id>/<name>        a link to ../../files/<digest>
//     programs/<id>/.manifest     the text whose hash is <id>
//     programs/<id>/.lock         held (flock) by who runs the program; its time is the last use
//     incoming/                   what is being received; names tell by whom
//     .lock                       held shared while a program is placed, exclusively while pruned

import Glibc
package import SwoopModel
import SwoopTransport

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

    /// Opens a cache; its folders are made when missing.
    package init(folder: String) throws(BundleError) {
        self.folder = folder
        try makeFolder(folder, mode: 0o700)
        for part in [filesFolder, programsFolder, incomingFolder] {
            try makeFolder(part, mode: 0o700)
        }
    }

    /// Where a program lies, or would.
    package func programFolder(_ id: ProgramID) -> String { "\(programsFolder)/\(id.rawValue)" }

    /// The files of a manifest that are not here, each digest once.
    package func missing(_ manifest: ProgramManifest) throws(BundleError) -> [ProgramFile] {
        try manifest.check()
        var seen: Set<String> = []
        return manifest.files.filter {
            seen.insert($0.digest).inserted && !PlacedProgram.isWhole($0, in: filesFolder)
        }
    }

    /// Keeps a program that is here from being removed; nil when it is not here, or lacks a file.
    package func use(_ id: ProgramID) -> PlacedProgram? {
        guard ContentDigest.isDigest(id.rawValue) else { return nil }
        return PlacedProgram(id: id, folder: programFolder(id), filesFolder: filesFolder)
    }

    /// Begins to receive a file; what is dropped before `finish` leaves nothing.
    package func receive(_ file: ProgramFile) throws(BundleError) -> FileReceipt {
        guard ContentDigest.isDigest(file.digest), file.byteCount > 0 else {
            throw .refusedManifest("\(file.name.prefix(80)) has no digest or no size")
        }
        return try FileReceipt(
            file, temporary: "\(incomingFolder)/\(TemporaryName.make())",
            final: "\(filesFolder)/\(file.digest)")
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
            // Young files are not pruned: nobody names these yet.
            touch("\(filesFolder)/\(file.digest)")
            let link = "\(temporary)/\(file.name)"
            guard unsafe symlink(PlacedProgram.linkTarget(file), link) == 0 else {
                throw .systemCall("symlink", path: link, code: errno)
            }
        }
        try writeFile(
            "\(temporary)/\(PlacedProgram.manifestFile)", Array(manifest.text.utf8), mode: 0o600)
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
        if PlacedProgram.missing(id: id, folder: final, filesFolder: filesFolder)?.isEmpty == true {
            removeAll(temporary)
            return
        }
        let aside = "\(incomingFolder)/\(TemporaryName.make())"
        _ = unsafe rename(final, aside)
        removeAll(aside)
        try renameFile(temporary, to: final)
    }

    private func incomplete(_ manifest: ProgramManifest, _ missing: [ProgramFile]) -> BundleError {
        .incomplete(program: manifest.name, missing: missing.map(\.name))
    }

    /// Removes what broken transfers left.
    ///
    /// What a living process works on stays; what a script, or another machine, left goes after an
    /// hour.
    package func removeLeftOvers() {
        let now = Int64(time(nil))
        for name in names(in: incomingFolder) {
            let path = "\(incomingFolder)/\(name)"
            guard let status = status(of: path) else { continue }
            let age = now - Int64(status.st_mtim.tv_sec)
            if TemporaryName.isLeftOver(name, ageInSeconds: age) { removeAll(path) }
        }
    }
}
