// The bundle of the running program: the files that the loader mapped into this process.

import CSwoopSystem
import Glibc
import SwoopModel
import SwoopTransport
import Synchronization

extension Bundle {
    /// The files of this process: executable, shared libraries and loader.
    ///
    /// They stay open as long as the bundle lives. `cache` is a folder of this user's in which the
    /// digests of files that did not change are kept; it is made when missing, and does not have to
    /// be writable. A process that runs from a bundle answers with that bundle.
    package static func ofThisProgram(cache: String) throws(BundleError) -> Bundle {
        if let folder = ShippedProgram.folder { return try Bundle(inFolder: folder) }
        var opened: [(name: String, file: BundleFile)] = []
        let places = try MappedFiles.ofThisProcess()
        let names = Set(places.map(\.name))
        for place in places {
            opened.append((place.name, try BundleFile(opening: place.path, among: names)))
        }
        var digests = DigestCache(folder: cache)
        let known = opened.map { digests.entry(path: $0.file.digestKey, $0.file.identity) }
        let hashed = try hashes(of: zip(opened, known).compactMap { $1 == nil ? $0.file : nil })
        var fresh = hashed.makeIterator()
        var files: [ProgramFile] = []
        var sources: [String: BundleFile] = [:]
        for ((name, file), entry) in zip(opened, known) {
            guard let entry = entry ?? fresh.next() else { continue }
            digests.remember(entry, path: file.digestKey, file.identity)
            files.append(
                ProgramFile(name: name, digest: entry.digest, byteCount: entry.byteCount))
            sources[entry.digest] = file
        }
        digests.save()
        let manifest = ProgramManifest(
            name: MappedFiles.programName(), architecture: MappedFiles.architecture(),
            files: files)
        try manifest.check()
        return Bundle(manifest: manifest, files: sources)
    }

    /// What programs of this machine are built for, as `uname -m` says it.
    package static var architecture: String { MappedFiles.architecture() }

    /// The bundle that a program's folder in a cache holds.
    package convenience init(inFolder folder: String) throws(BundleError) {
        let text = try PlacedProgram.manifestText(in: folder)
        let id = ProgramID(ContentDigest.of(text))
        let manifest = try ProgramManifest(
            checking: text, id: id, name: MappedFiles.programName(),
            architecture: MappedFiles.architecture())
        let paths = manifest.files.map { ($0.name, "\(folder)/\($0.name)") }
        try self.init(manifest, paths: Dictionary(paths) { first, _ in first })
    }

    /// Sizes and digests of files that are not known, on all cores.
    private static func hashes(
        of files: [BundleFile]
    ) throws(BundleError) -> [DigestCache.Entry] {
        let results = Mutex(
            [Result<DigestCache.Entry, BundleError>?](
                repeating: nil, count: files.count))
        // The largest first, so that the cores end together.
        let order = files.indices.ordered {
            files[$0].identity.byteCount > files[$1].identity.byteCount
        }
        onAllCores(count: files.count) { turn in
            let index = order[turn]
            let result = Result<DigestCache.Entry, BundleError> { () throws(BundleError) in
                let byteCount = try files[index].travellingByteCount()
                return DigestCache.Entry(
                    digest: try files[index].digest(of: byteCount), byteCount: byteCount)
            }
            results.withLock { $0[index] = result }
        }
        var entries: [DigestCache.Entry] = []
        for result in results.withLock({ $0 }) {
            if let result { entries.append(try result.get()) }
        }
        return entries
    }
}

/// Calls the body with 0 ..< count, on this thread and on one more for each further core.
private func onAllCores(count: Int, _ body: @Sendable @escaping (Int) -> Void) {
    let turns = Turns(count: count)
    let helpers = min(count, ProcessAllowance.cores()) - 1
    func help(_ left: Int) {
        guard left > 0, let thread = try? LoopThread(named: "swoop-hash", { turns.run(body) })
        else { return turns.run(body) }
        help(left - 1)
        thread.join()
    }
    help(min(helpers, 7))
}

private final class Turns: Sendable {
    private let next = Atomic(0)
    private let count: Int

    init(count: Int) { self.count = count }

    func run(_ body: (Int) -> Void) {
        while true {
            let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard turn < count else { return }
            body(turn)
        }
    }
}
