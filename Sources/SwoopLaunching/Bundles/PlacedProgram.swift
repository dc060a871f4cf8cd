// The folder of one program in a cache: links to its files under the names by which the loader
// looks for them. It appears by one rename, whole.

import Glibc
package import SwoopModel
import SwoopTransport

/// A program in a cache that cannot be removed while this object lives.
///
/// The lock is the kernel's and ends with the process that holds it, however that ends.
package final class PlacedProgram: Sendable {
    /// Its name.
    package let id: ProgramID
    /// Where it lies: for `LaunchRequest.Program.bundle`.
    package let folder: String
    private let lock: OwnedDescriptor

    static let manifestFile = ".manifest"
    static let lockFile = ".lock"
    /// See CheckedFile.swift.
    package static let checkedFile = ".checked"
    /// A manifest of the most files with the longest names is smaller.
    private static let manifestBytesMax = 512 << 10

    /// Takes the lock that keeps a program; nil when it is not there, or lacks a file.
    init?(id: ProgramID, in cache: BundleCache) {
        self.id = id
        folder = cache.programFolder(id)
        // The lock of somebody else's folder is not made.
        guard PlacedProgram.isOwn(folder), let lock = PlacedProgram.lock(folder, LOCK_SH) else {
            return nil
        }
        self.lock = lock
        guard PlacedProgram.missing(id: id, in: cache)?.isEmpty == true else { return nil }
        touch("\(folder)/\(PlacedProgram.lockFile)")
    }

    /// Takes the lock of the program that this process runs from; nil for one that was started as
    /// usual.
    ///
    /// Agents hold it as long as they live.
    package static func ofThisProcess() -> PlacedProgram? {
        guard let folder = ShippedProgram.folder, let lock = lock(folder, LOCK_SH) else {
            return nil
        }
        touch("\(folder)/\(lockFile)")
        return PlacedProgram(
            id: ProgramID(lastComponent(of: folder)), folder: folder, lock: lock)
    }

    private init(id: ProgramID, folder: String, lock: consuming OwnedDescriptor) {
        self.id = id
        self.folder = folder
        self.lock = lock
    }

    /// The lock of a folder that still has its name once the lock is held; nil where the folder is
    /// not there or, with LOCK_NB, somebody else has it.
    static func lock(_ folder: String, _ kind: Int32) -> OwnedDescriptor? {
        let path = "\(folder)/\(lockFile)"
        guard let number = try? opened(path, O_RDONLY | O_CREAT | O_NOFOLLOW, mode: 0o600)
        else { return nil }
        let descriptor = OwnedDescriptor(owning: number)
        while flock(number, kind) != 0 {
            guard errno == EINTR else { return nil }
        }
        var held = stat()
        guard unsafe fstat(number, &held) == 0, let now = status(of: path),
            held.st_ino == now.st_ino, held.st_dev == now.st_dev
        else { return nil }
        return descriptor
    }

    /// The manifest's text in a folder.
    static func manifestText(in folder: String) throws(BundleError) -> String {
        let path = "\(folder)/\(manifestFile)"
        let descriptor = OwnedDescriptor(owning: try opened(path, O_RDONLY | O_NOFOLLOW))
        let text = try bytes(of: descriptor, path, offset: 0, count: manifestBytesMax)
        return String(decoding: text, as: UTF8.self)
    }

    /// The manifest of a folder; nil where it is not what the folder's name says.
    static func manifest(in folder: String, id: ProgramID) -> ProgramManifest? {
        guard let text = try? manifestText(in: folder) else { return nil }
        return try? ProgramManifest(checking: text, id: id, name: "program", architecture: "any")
    }

    /// The files that a program's folder names and that are not there, or not what their digests
    /// say; nil for a folder that is not there, is damaged or holds more than the program.
    static func missing(id: ProgramID, in cache: BundleCache) -> [ProgramFile]? {
        let folder = cache.programFolder(id)
        guard isOwn(folder), let manifest = manifest(in: folder, id: id) else { return nil }
        for file in manifest.files {
            var link = [UInt8](repeating: 0, count: 256)
            let count = unsafe readlink("\(folder)/\(file.name)", &link, link.count)
            guard count > 0,
                String(decoding: link[..<count], as: UTF8.self) == linkTarget(file)
            else { return nil }
        }
        // The loader takes any library that lies there.
        guard names(in: folder).count(where: { !$0.hasPrefix(".") }) == manifest.files.count
        else { return nil }
        let recorded = cache.recorded(id)
        let missing = manifest.files.filter { !cache.isIntact($0, recorded: recorded) }
        if missing.isEmpty, !cache.isRecorded(manifest, in: recorded) {
            cache.writeRecord(of: manifest)
        }
        return missing
    }

    /// What a link in a program's folder says.
    static func linkTarget(_ file: ProgramFile) -> String { "../../files/\(file.digest)" }

    private static func isOwn(_ folder: String) -> Bool {
        (try? OwnFolder.checkItself(folder)) != nil
    }
}
