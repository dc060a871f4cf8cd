// How a chain's end in files becomes tasks, and the handle of the files. Where nodes are other
// machines, the parts come here one by one, and are written here.

import SwoopElements
import SwoopModel
import SwoopStorage
import Synchronization

/// How many files a result is written to.
public enum SavedParts: Sendable {
    /// One for each part of the source, numbered: written side by side.
    case many
    /// One, of the name that was asked for: written by one task, of what the others made.
    case one
}

/// Files that a plan writes.
public struct SavedFiles: Sendable {
    private enum Way: Sendable {
        /// Nodes write them.
        case written(Proxy<[SavedFile]>)
        /// They are written here.
        case brought(BroughtParts)
    }

    private let way: Way

    fileprivate init(written: Proxy<[SavedFile]>) { way = .written(written) }
    fileprivate init(brought: BroughtParts) { way = .brought(brought) }

    /// The files in the order of the source, once all are complete: an older name of `values`.
    public var files: [SavedFile] { get async throws { try await values } }

    /// The files in the order of the source, once all are complete.
    ///
    /// - Throws: `SwoopError`: as `Proxy.value`; `.sourceDenied` and `.sourceFailed` where a file
    ///   could not be written. Of what fails, whole files may be left, and no half ones.
    public var values: [SavedFile] {
        get async throws {
            switch way {
            case .written(let list): try await list.value
            case .brought(let parts): try await parts.files
            }
        }
    }
}

/// Parts of a result that come to this program and are written by it, one after the other.
actor BroughtParts {
    private var handles: [_ProxyHandle]
    private let target: SaveTarget
    private let stale: [String]
    private var writing: Task<[SavedFile], any Error>?

    init(_ handles: [_ProxyHandle], _ target: SaveTarget, stale: [String]) {
        self.handles = handles.reversed()
        self.target = target
        self.stale = stale
    }

    var files: [SavedFile] {
        get async throws {
            let writing = writing ?? Task { try await write() }
            self.writing = writing
            return try await writing.value
        }
    }

    private func write() async throws -> [SavedFile] {
        var files: [SavedFile] = []
        // The last copy of a handle goes with its part: what is written need not be kept.
        while let handle = handles.popLast() {
            let bytes = try await handle.recording.session.bytes(of: handle)
            do throws(StorageError) {
                files.append(try write(bytes, part: files.count))
            } catch {
                throw SwoopError(error)
            }
        }
        do throws(StorageError) {
            for path in stale { try PartFile.remove(path) }
        } catch {
            throw SwoopError(error)
        }
        return files
    }

    private func write(_ bytes: [UInt8], part: Int) throws(StorageError) -> SavedFile {
        let path = target.path(of: part)
        var file = try PartFile(at: path)
        let head = MemoryLayout<Int>.size
        var failure: StorageError?
        var count = 0
        unsafe bytes.withUnsafeBytes { bytes in
            var reader = unsafe ValueReader(bytes)
            count = (try? Int(decoding: &reader)) ?? 0
            do throws(StorageError) {
                try unsafe file.write(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(head)))
            } catch { failure = error }
        }
        if let failure { throw failure }
        let byteCount = file.byteCount
        try file.publish()
        return SavedFile(path: path, count: count, byteCount: byteCount)
    }
}

extension PlanRecording {
    /// Adds the tasks that write a chain's elements to files.
    func _save(
        _ loop: _LoopSpec, at path: String, suffix: String, parts wanted: SavedParts,
        replacing: Bool
    ) -> SavedFiles {
        if path.isEmpty || path.hasSuffix("/") {
            _refuse(
                "\"\(path)\" is not the beginning of the paths of files",
                advice: "Add one to the folder's path, such as `out/part`.")
        }
        let target = SaveTarget(
            prefix: PartFile.absolute(path), suffix: suffix, isSent: !session.nodesAreHere,
            isWhole: wanted == .one)
        var saving = loop
        target.encode(into: &saving.fields)
        saving.numbersParts = true
        var whole: [LoopPart]?
        if wanted == .one, case .pages(let handle) = loop.source { whole = [wholePart(handle)] }
        let parts = partTasks(of: saving, over: whole)
        let stale = stalePaths(target, parts: parts.count, replacing: replacing)
        if target.isSent {
            state.withLock { state in for part in parts { state.alive[part] = 0 } }
            return SavedFiles(
                brought: BroughtParts(
                    parts.map { _ProxyHandle(self, tasks: [$0]) }, target, stale: stale))
        }
        let reduction = SavedFilesReduction(stale: stale)
        var fields = ValueWriter()
        reduction._encodeFields(into: &fields)
        let handle = reduce(
            parts,
            by: _LoopSpec.Reduction(
                combine: _kernel(FoldCombineKernel<SavedFilesReduction>.self),
                answer: _kernel(FoldAnswerKernel<SavedFilesReduction>.self), fields: fields,
                isOrdered: true),
            of: loop)
        return SavedFiles(written: Proxy(_handle: handle))
    }

    /// Files of these names that are there and will not be written again; some that are there make
    /// the plan fail.
    private func stalePaths(_ target: SaveTarget, parts: Int, replacing: Bool) -> [String] {
        if target.isWhole {
            if !replacing, PartFile.exists(at: target.prefix) { refusePresent(target.prefix) }
            return []
        }
        let folder = PartFile.folder(of: target.prefix)
        let prefix = target.prefix.split(separator: "/").last.map { "\($0)-" } ?? "-"
        do throws(StorageError) {
            let names = try PartFile.names(in: folder, prefix: prefix, suffix: target.suffix)
            let present = names.filter { name in
                let number = name.dropFirst(prefix.count).dropLast(target.suffix.count)
                return number.count >= 5 && number.allSatisfy { $0.isASCII && $0.isNumber }
            }
            if let first = present.first, !replacing { refusePresent("\(folder)/\(first)") }
            let written = Set((0..<parts).map { target.path(of: $0) })
            return present.map { "\(folder)/\($0)" }.filter { !written.contains($0) }
        } catch {
            fail(SwoopError(error))
            return []
        }
    }

    private func refusePresent(_ path: String) {
        fail(
            SwoopError(
                .invalidPlan, "\(path) is there already",
                advice: "Pass replacing: true, or save under another name."))
    }

    /// The form of a table's rows.
    func _csvFormat<Row: CSVCells>(header: [String]?, separator: Character) -> _CSVFormat<Row> {
        let columns = Row._columns(named: "value")
        if let column = columns.first(where: { !$0.isReadable }) {
            fail(
                SwoopError(
                    .invalidPlan,
                    "the field \"\(column.name)\" of \(Row.self) is of a type that no text stands "
                        + "for, \(column.type)"))
        }
        let names = columns.map(\.name)
        if header == nil,
            let twice = names.first(where: { name in
                names.count { $0 == name } > 1
            })
        {
            fail(
                SwoopError(
                    .invalidPlan, "two columns of \(Row.self) are called \"\(twice)\"",
                    advice: "Pass header: with \(names.count) names."))
        }
        let header = header ?? names
        if !header.isEmpty, header.count != columns.count {
            fail(
                SwoopError(
                    .invalidPlan,
                    "a header of \(header.count) names for the \(columns.count) columns of "
                        + "\(Row.self)"
                ))
        }
        return _CSVFormat(
            dialect: _CSVDialect(separator: csvSeparator(separator)), header: header)
    }

    /// The form of records; without a fixed width nobody could read them.
    func _recordsFormat<Row: RemoteValue>(of type: Row.Type) -> _RecordsFormat<Row> {
        if Row._fixedByteCount == nil {
            fail(
                SwoopError(
                    .invalidPlan, "\(type) has no fixed width",
                    advice: "Save it as CSV, or use fields that are numbers or Bool."))
        }
        return _RecordsFormat()
    }

    /// The byte that separates fields; one that cannot makes the plan fail.
    func csvSeparator(_ separator: Character) -> UInt8 {
        if let byte = separator.asciiValue, ![0x0a, 0x0d, 0x22].contains(byte) { return byte }
        fail(
            SwoopError(
                .invalidPlan, "\"\(separator)\" cannot separate the fields of a table",
                advice: "Use a character of one byte that is no quote and no line end."))
        return UInt8(ascii: ",")
    }
}
