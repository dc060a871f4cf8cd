// Where the bytes of a file are, how many, and of which version: what every reader of files goes
// by, be it for text, tables or records. Who reads them is decided here too: the node that needs
// them, or this program, which then sends them.

import SwoopElements
import SwoopModel
import SwoopStorage
import Synchronization

/// A file as a plan sees it: a list of byte ranges can be read of it.
struct ByteSource: Sendable {
    /// Who can read the bytes.
    enum Reader: Sendable {
        /// Every node, under the same name.
        case nodes
        /// Only this program.
        case client
    }

    /// The file as the user names it.
    let path: String
    /// Where nodes find it, if the path means something else to them.
    private let place: String?
    let byteCount: Int
    /// Changes when the bytes do; 0: nobody looks.
    let version: UInt64
    let reader: Reader
    /// The bytes, if they were made as they were read: they are others the next time.
    private let content: [UInt8]?

    /// More than this is not read of a file whose size nobody knows.
    private static let contentMax = 64 << 20

    /// Looks at a file; of one that every node has a copy of, the version is not the same
    /// everywhere.
    ///
    /// - Parameter known: what was read of it before, if it is made as it is read.
    init(
        _ path: String, reader: Reader, isCopied: Bool, known: [UInt8]? = nil
    ) throws(SwoopError) {
        self.path = path
        do throws(StorageError) {
            let facts = try FileRange.facts(of: path)
            guard FileRange.isMadeAsRead(path, byteCount: facts.byteCount) else {
                (byteCount, version) = (facts.byteCount, isCopied ? 0 : facts.version)
                content = nil
                switch FileName(of: path) {
                case .everywhere: (place, self.reader) = (nil, reader)
                case .elsewhere(let name): (place, self.reader) = (name, reader)
                case .here: (place, self.reader) = (nil, .client)
                }
                return
            }
            let bytes: [UInt8]
            if let known {
                bytes = known
            } else {
                bytes = try FileRange.whole(path, byteCountMax: Self.contentMax)
            }
            guard bytes.count < Self.contentMax else {
                throw .file(
                    path: path, reason: "it is made as it is read, and does not end within 64 MiB")
            }
            (place, byteCount, version, content) = (nil, bytes.count, 0, bytes)
            self.reader = .client
        } catch {
            throw SwoopError(error)
        }
    }

    /// What was read of a file that is made as it is read.
    var made: [UInt8]? { content }

    /// What the file is, if it is not what a reader of this kind takes it for.
    func form(for reading: _FileReading) throws(SwoopError) -> FileForm? {
        guard byteCount > 0 else { return nil }
        var head = try bytes(0..<min(byteCount, 4_096))
        // Where the first line is long, what ends it is looked for. One that is longer still is
        // taken for a line.
        for more in [1 << 16, 1 << 20, 4 << 20]
        where reading == .lines && head.count < byteCount && !head.contains(0x0a) {
            head = try bytes(0..<min(byteCount, more))
        }
        let tail = try bytes(max(0, byteCount - 8)..<byteCount)
        return FileForm.of(
            head: head, tail: tail, byteCount: byteCount, path: path, for: reading)
    }

    /// Reads a range here, in this program.
    func bytes(_ range: Range<Int>) throws(SwoopError) -> [UInt8] {
        if let content { return Array(content[range]) }
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
                    path: place ?? PartFile.absolute(path), lookBehind: lookBehind, version: version
                ),
                sourceEnd: byteCount, leafBase: leafBase)
        case .client:
            LoopNote(
                source: .sentText(start: start), sourceEnd: byteCount, leafBase: leafBase)
        }
    }
}

extension PlanRecording {
    /// The files that are there, and are what a reader of this kind takes them for; what is wrong
    /// with others is told when the plan is run.
    func sources(of files: TextFiles, for reading: _FileReading) -> [ByteSource] {
        let reader: ByteSource.Reader =
            files.areShared || session.nodesAreHere ? .nodes : .client
        return files.paths.compactMap { path in
            do throws(SwoopError) {
                let source = try ByteSource(
                    path, reader: reader, isCopied: files.areShared && !session.nodesAreHere,
                    known: state.withLock { $0.contents[path] })
                if let content = source.made {
                    state.withLock { $0.contents[path] = content }
                }
                guard let form = try source.form(for: reading) else { return source }
                let kind = reading == .records ? "is no file of records" : "is no text to read"
                fail(
                    SwoopError(
                        .sourceFailed, "\(path) \(kind): it is \(form.what)",
                        advice: form.advice))
                return nil
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
            case .missing(let path):
                (
                    .sourceMissing,
                    path.hasPrefix("~") || path.contains("*") ? Self.patternAdvice : Self.pathAdvice
                )
            case .denied, .writeDenied: (.sourceDenied, Self.rightsAdvice)
            case .changed: (.sourceChanged, Self.changeAdvice)
            case .file, .system, .database, .unwritable, .spill: (.sourceFailed, "")
            }
        self.init(code, error.description, advice: advice)
    }
}
