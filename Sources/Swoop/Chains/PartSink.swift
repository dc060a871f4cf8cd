// Where the bytes of one part of a result go while a run makes them: into a file, if the run is on
// the machine that is to have it, else into the run's output, to be written by the client. Written
// in blocks, so that what is saved is copied once into a block and once by the system.

public import SwoopElements
import SwoopStorage

/// The destination of a chain's elements: files of one name, numbered.
package struct SaveTarget: RemoteValue, Equatable {
    /// The beginning of the files' paths, absolute.
    let prefix: String
    /// What the names end with: `.txt`.
    let suffix: String
    /// Whether the client writes the files.
    let isSent: Bool
    /// Whether there is one file only, whose path is the beginning itself.
    let isWhole: Bool

    init(prefix: String, suffix: String, isSent: Bool, isWhole: Bool = false) {
        self.prefix = prefix
        self.suffix = suffix
        self.isSent = isSent
        self.isWhole = isWhole
    }

    /// Reads a target.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        prefix = try String(decoding: &reader)
        suffix = try String(decoding: &reader)
        isSent = try Bool(decoding: &reader)
        isWhole = try Bool(decoding: &reader)
    }

    /// Appends everything.
    public func encode(into writer: inout ValueWriter) {
        prefix.encode(into: &writer)
        suffix.encode(into: &writer)
        isSent.encode(into: &writer)
        isWhole.encode(into: &writer)
    }

    /// The path of a part: `prefix-00000.txt`.
    func path(of part: Int) -> String {
        if isWhole { return prefix }
        let digits = String(part)
        return prefix + "-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
            + suffix
    }
}

/// A file that was written.
public struct SavedFile: RemoteValue, Hashable {
    /// Where it is.
    public let path: String
    /// Elements in it.
    public let count: Int
    /// Bytes in it.
    public let byteCount: Int

    init(path: String, count: Int, byteCount: Int) {
        self.path = path
        self.count = count
        self.byteCount = byteCount
    }

    /// Reads it.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        path = try String(decoding: &reader)
        count = try Int(decoding: &reader)
        byteCount = try Int(decoding: &reader)
    }

    /// Appends it.
    public func encode(into writer: inout ValueWriter) {
        path.encode(into: &writer)
        count.encode(into: &writer)
        byteCount.encode(into: &writer)
    }
}

/// Takes the bytes of one part.
@safe public final class _PartSink {
    private let path: String
    private var file: PartFile?
    private let block: UnsafeMutableRawBufferPointer
    private var used = 0
    /// What the client is to write.
    private var sent = ValueWriter()
    private let isSent: Bool
    private static let blockByteCount = 1 << 20

    init(_ target: SaveTarget, part: Int) throws {
        path = target.path(of: part)
        isSent = target.isSent
        file = target.isSent ? nil : try PartFile(at: path)
        unsafe block = .allocate(byteCount: Self.blockByteCount, alignment: 64)
    }

    deinit { unsafe block.deallocate() }

    /// Appends bytes.
    @inline(__always) public func append(_ bytes: UnsafeRawBufferPointer) throws {
        if bytes.count > Self.blockByteCount - used { return try unsafe appendSlowly(bytes) }
        guard let source = bytes.baseAddress, let base = unsafe block.baseAddress else { return }
        unsafe (base + used).copyMemory(from: source, byteCount: bytes.count)
        used += bytes.count
    }

    /// Appends one byte.
    public func append(_ byte: UInt8) throws {
        if used == Self.blockByteCount { try flush() }
        unsafe block[used] = byte
        used += 1
    }

    /// Appends the bytes of an array.
    public func append(_ bytes: [UInt8]) throws {
        try unsafe bytes.withUnsafeBytes { try unsafe append($0) }
    }

    private func appendSlowly(_ bytes: UnsafeRawBufferPointer) throws {
        try flush()
        if bytes.count < Self.blockByteCount {
            try unsafe append(bytes)
        } else {
            try unsafe put(bytes)
        }
    }

    private func flush() throws {
        let full = unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(block)[..<used])
        used = 0
        try unsafe put(full)
    }

    private func put(_ bytes: UnsafeRawBufferPointer) throws {
        if isSent { unsafe sent.write(contentsOf: bytes) } else { try unsafe file?.write(bytes) }
    }

    /// The part is complete: the file gets its name, or the bytes go into the run's output.
    func finish(count: Int, into output: inout ValueWriter) throws {
        try flush()
        guard !isSent else {
            output.write(count: count)
            unsafe sent.bytes.withUnsafeBytes { unsafe output.write(contentsOf: $0) }
            return
        }
        let byteCount = file?.byteCount ?? 0
        try file.take()?.publish()
        [SavedFile(path: path, count: count, byteCount: byteCount)].encode(into: &output)
    }
}
