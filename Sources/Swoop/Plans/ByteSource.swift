// Where the bytes of a file are, how many, and of which version: what every reader of files goes
// by, be it for text, tables or records. Who reads them is decided here too: the node that needs
// them, or this program, which then sends them.

import SwoopElements
import SwoopModel
import SwoopStorage

/// A file as a plan sees it: a list of byte ranges can be read of it.
struct ByteSource: Sendable {
    /// Who can read the bytes.
    enum Reader: Sendable {
        /// Every node, under the same name.
        case nodes
        /// Only this program.
        case client
    }

    let path: String
    let byteCount: Int
    /// Changes when the bytes do; 0: nobody looks.
    let version: UInt64
    let reader: Reader

    /// Looks at a file; of one that every node has a copy of, the version is not the same
    /// everywhere.
    init(_ path: String, reader: Reader, isCopied: Bool) throws(SwoopError) {
        do throws(StorageError) {
            let facts = try FileRange.facts(of: path)
            (byteCount, version) = (facts.byteCount, isCopied ? 0 : facts.version)
        } catch {
            throw SwoopError(error)
        }
        self.path = path
        self.reader = reader
    }

    /// Reads a range here, in this program.
    func bytes(_ range: Range<Int>) throws(SwoopError) -> [UInt8] {
        do {
            return try unsafe [UInt8](unsafeUninitializedCapacity: range.count) { target, count in
                try unsafe FileRange.read(
                    path, at: range.lowerBound, into: UnsafeMutableRawBufferPointer(target),
                    count: range.count, version: version)
                count = range.count
            }
        } catch let error as StorageError {
            throw SwoopError(error)
        } catch {
            throw SwoopError(.sourceFailed, "\(path): \(error)")
        }
    }

    /// The note of a run that reads a range of the file, or is sent the bytes from `start` on.
    func note(lookBehind: Int, sentFrom start: Int, leafBase: Int) -> LoopNote {
        switch reader {
        case .nodes:
            LoopNote(
                source: .text(
                    path: PartFile.absolute(path), lookBehind: lookBehind, version: version),
                sourceEnd: byteCount, leafBase: leafBase)
        case .client:
            LoopNote(
                source: .sentText(start: start), sourceEnd: byteCount, leafBase: leafBase)
        }
    }
}

extension PlanRecording {
    /// The files that are there; what is wrong with others is told when the plan is run.
    func sources(of files: TextFiles) -> [ByteSource] {
        let reader: ByteSource.Reader =
            files.areShared || session.nodesAreHere ? .nodes : .client
        return files.paths.compactMap { path in
            do throws(SwoopError) {
                return try ByteSource(
                    path, reader: reader, isCopied: files.areShared && !session.nodesAreHere)
            } catch {
                fail(error)
                return nil
            }
        }
    }
}

extension SwoopError {
    /// The error for a file of this machine.
    init(_ error: StorageError) {
        let (code, advice): (Code, String) =
            switch error {
            case .missing: (.sourceMissing, Self.pathAdvice)
            case .denied, .writeDenied: (.sourceDenied, Self.rightsAdvice)
            case .changed: (.sourceChanged, Self.changeAdvice)
            case .file, .system, .database, .unwritable, .spill: (.sourceFailed, "")
            }
        self.init(code, error.description, advice: advice)
    }
}
