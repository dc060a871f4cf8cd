// The loop that writes what comes out of a chain to a file, and the step that lists the files.

public import SwoopElements
import SwoopStorage

/// Writes everything that comes out of a part of a chain to the part's file.
@usableFromInline package enum SaveKernel<Stage: _ChainStage, Format: PartFormat>: _Kernel
where Format.Element == Stage.Output {
    /// Writes the list of the one file, or what is to be in it.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var reader = context.fieldsReader
        let stage = try Stage(_decodingFields: &reader)
        var format = try Format(_decodingFields: &reader)
        let sink = try _partSink(&reader, context)
        var count = 0
        try format.begin(sink)
        try stage._source._walk(&context) { block, _ in
            try stage._forEach(block) {
                try format.write($0, to: sink)
                count &+= 1
            }
            return true
        }
        try _finishPart(sink, count: count, &context)
    }
}

/// Opens the sink of a run: the target is the last of the fields, the part's number the last of the
/// arguments.
public func _partSink(_ fields: inout ValueReader, _ context: _CallContext) throws -> _PartSink {
    let target = try SaveTarget(decoding: &fields)
    let arguments = unsafe context.arguments
    guard arguments.count >= 8 else { throw ValueDecodingError.tooShort }
    var number = unsafe ValueReader(
        UnsafeRawBufferPointer(rebasing: arguments.suffix(MemoryLayout<Int>.size)))
    return try _PartSink(target, part: try Int(decoding: &number))
}

/// Completes a part.
public func _finishPart(_ sink: _PartSink, count: Int, _ context: inout _CallContext) throws {
    context.producedCount = count
    try sink.finish(count: count, into: &context.output)
}

/// Lists the files that were written, and removes those of an earlier time that are not among them.
struct SavedFilesReduction: ExactReduction {
    /// Paths to remove.
    let stale: [String]

    init(stale: [String]) { self.stale = stale }

    var identity: [SavedFile] { [] }
    func lift(_ element: SavedFile) -> SavedFile { element }
    func fold(_ raw: SavedFile, into partial: inout [SavedFile]) { partial.append(raw) }
    func combine(_ right: [SavedFile], into left: inout [SavedFile]) { left += right }

    func answer(_ partial: [SavedFile]) throws -> [SavedFile] {
        for path in stale { try PartFile.remove(path) }
        return partial
    }

    func _encodeFields(into writer: inout ValueWriter) { stale.encode(into: &writer) }

    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        stale = try [String](decoding: &reader)
    }

    static var _name: String { "files" }
}
