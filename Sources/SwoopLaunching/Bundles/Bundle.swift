// A program as files that can be sent: which they are, and their bytes. How they are packed for a
// transfer is in BundleArchive.swift, where they are kept on a node in BundleCache.swift.

import Glibc
package import SwoopModel
import Synchronization

/// The files of one program, ready to be read.
package final class Bundle: Sendable {
    /// What travels.
    package let manifest: ProgramManifest
    private let sources: [String: Source]

    /// Bytes of a file as one piece of a transfer; the last piece of a file is shorter.
    package static let pieceBytes = 1 << 20

    /// A bundle whose files are open, and were hashed.
    init(manifest: ProgramManifest, files: [String: BundleFile]) {
        self.manifest = manifest
        sources = files.mapValues { Source(.open($0), among: []) }
    }

    /// A program of another process: where each file of the manifest lies, by name.
    ///
    /// A file may be the original or a copy that travelled. It is opened, and its digest is
    /// checked, when its bytes are first asked for.
    package init(_ manifest: ProgramManifest, paths: [String: String]) throws(BundleError) {
        try manifest.check()
        var sources: [String: Source] = [:]
        let names = Set(manifest.files.map(\.name))
        for file in manifest.files {
            guard let path = paths[file.name] else {
                throw .incomplete(program: manifest.name, missing: [file.name])
            }
            sources[file.digest] = Source(.path(path), among: names)
        }
        self.manifest = manifest
        self.sources = sources
    }

    /// Bytes of a file as they travel; fewer than asked for at its end.
    ///
    /// Any thread may call it.
    package func read(
        _ file: ProgramFile, offset: Int64, count: Int
    ) throws(BundleError) -> [UInt8] {
        guard let source = sources[file.digest] else { throw .unknownFile(digest: file.digest) }
        let opened = try source.file(checking: file)
        let end = min(file.byteCount, offset.addingReportingOverflow(Int64(count)).partialValue)
        guard offset >= 0, count >= 0, end > offset else { return [] }
        return try opened.read(offset: offset, count: Int(end - offset))
    }

    /// A piece of a file as it travels.
    package func piece(_ index: Int, of file: ProgramFile) throws(BundleError) -> [UInt8] {
        try read(file, offset: Int64(index) * Int64(Bundle.pieceBytes), count: Bundle.pieceBytes)
    }

    /// Where each file of the manifest lies, in its order, as other processes of this user may open
    /// it while this one lives.
    package var paths: [String] {
        manifest.files.map { file in
            let path = sources[file.digest]?.path ?? ""
            return path == "/proc/self/exe" ? "/proc/\(getpid())/exe" : path
        }
    }

    /// The file of the manifest with this digest.
    package func file(withDigest digest: String) -> ProgramFile? {
        manifest.files.first { $0.digest == digest }
    }
}

extension ProgramFile {
    /// Pieces that it travels in.
    package var pieceCount: Int {
        Int((byteCount + Int64(Bundle.pieceBytes) - 1) / Int64(Bundle.pieceBytes))
    }
}

/// A file that is open, or will be when it is needed.
private final class Source: Sendable {
    enum State {
        case path(String)
        case open(BundleFile)
    }

    private let state: Mutex<State>
    /// Names of the files that travel with it.
    private let names: Set<String>

    init(_ state: State, among names: Set<String>) {
        self.state = Mutex(state)
        self.names = names
    }

    var path: String {
        state.withLock { state in
            switch state {
            case .open(let file): file.path
            case .path(let path): path
            }
        }
    }

    func file(checking expected: ProgramFile) throws(BundleError) -> BundleFile {
        try state.withLock { state throws(BundleError) in
            switch state {
            case .open(let file): return file
            case .path(let path):
                let file = try BundleFile(opening: path, among: names)
                guard file.identity.byteCount >= expected.byteCount,
                    try file.digest(of: expected.byteCount) == expected.digest
                else {
                    throw .damaged(
                        name: expected.name, reason: "\(path) is not what the manifest names")
                }
                state = .open(file)
                return file
            }
        }
    }
}
