// How the fields of a message become bytes and back: the encoding of protocol buffers (a tag of
// number and kind, then a varint, eight bytes, or a length and so many bytes;
// protobuf.dev/programming-guides/encoding), written and read by hand. Which fields there are:
// the files of Protocol. Nothing here is inlined: seventy messages call it, each for each of its
// fields, and inlined they took a third of the time in which this room is compiled, and a fifth of
// its code. What travels in large numbers does not come by here: it is in columns.

/// A message as numbered fields.
///
/// A field that has its neutral value (0, false, no text, no entries) is not written; one that does
/// not come keeps it. Numbers that a reader does not know are skipped.
protocol WireFields {
    init()
    /// Writes every field that is not neutral, in the order of the numbers.
    func write(to fields: inout FieldWriter)
    /// Takes the value of one field that came, or skips it.
    mutating func read(_ field: inout FieldReader) throws(WireError)
}

extension WireFields {
    /// The bytes of this message.
    func encoded(after prefix: [UInt8] = []) -> [UInt8] {
        var fields = FieldWriter(prefix)
        write(to: &fields)
        return fields.bytes
    }

    /// The message that these bytes are, from `start` on.
    init(_ bytes: [UInt8], from start: Int = 0) throws(WireError) {
        try self.init(reading: ByteReader(bytes, from: start))
    }

    fileprivate init(reading reader: ByteReader) throws(WireError) {
        self.init()
        var field = FieldReader(reader)
        while try field.next() { try read(&field) }
    }
}

/// How the bytes of a field lie, by the lower three bits of its tag.
private enum FieldForm: UInt64 {
    case varint = 0
    case fixed64 = 1
    case block = 2
    case fixed32 = 5
}

/// A whole number that travels as a varint, negative ones in ten bytes.
protocol VarintNumber: BinaryInteger, BitwiseCopyable, Sendable {
    var varint: UInt64 { get }
    /// nil where the number is too large for this type.
    init?(varint: UInt64)
}

extension UInt32: VarintNumber {
    var varint: UInt64 { UInt64(self) }
    init?(varint: UInt64) { self.init(exactly: varint) }
}

extension UInt64: VarintNumber {
    var varint: UInt64 { self }
    init?(varint: UInt64) { self = varint }
}

extension Int32: VarintNumber {
    var varint: UInt64 { UInt64(bitPattern: Int64(self)) }
    init?(varint: UInt64) { self.init(exactly: Int64(bitPattern: varint)) }
}

extension Int64: VarintNumber {
    var varint: UInt64 { UInt64(bitPattern: self) }
    init?(varint: UInt64) { self.init(bitPattern: varint) }
}

// MARK: - Writing

/// Writes the fields of a message.
struct FieldWriter {
    private var writer: ByteWriter

    /// What has been written, what it began with included.
    var bytes: [UInt8] { writer.bytes }

    /// A writer that goes on behind these bytes.
    init(_ bytes: [UInt8]) { writer = ByteWriter(bytes) }

    @inline(never)
    private mutating func tag(_ number: UInt64, _ form: FieldForm) {
        writer.varint(number << 3 | form.rawValue)
    }

    /// A field whose length is known when it has been written.
    @inline(never)
    private mutating func block(_ number: UInt64, _ body: (inout FieldWriter) -> Void) {
        tag(number, .block)
        let start = writer.bytes.count
        body(&self)
        writer.insertCount(at: start)
    }

    @inline(never)
    mutating func integer(_ number: UInt64, _ value: some VarintNumber) {
        guard value != 0 else { return }
        tag(number, .varint)
        writer.varint(value.varint)
    }

    @inline(never)
    mutating func flag(_ number: UInt64, _ value: Bool) {
        guard value else { return }
        tag(number, .varint)
        writer.varint(1)
    }

    @inline(never)
    mutating func zigzag(_ number: UInt64, _ value: Int64) {
        guard value != 0 else { return }
        tag(number, .varint)
        writer.signed(value)
    }

    @inline(never)
    mutating func fixed(_ number: UInt64, _ value: UInt64) {
        guard value != 0 else { return }
        tag(number, .fixed64)
        writer.fixed64(value)
    }

    /// - Parameter always: also where there is no text, since its absence means something else.
    @inline(never)
    mutating func text(_ number: UInt64, _ value: String, always: Bool = false) {
        guard always || !value.isEmpty else { return }
        tag(number, .block)
        writer.text(value)
    }

    @inline(never)
    mutating func bytes(_ number: UInt64, _ value: [UInt8]) {
        guard !value.isEmpty else { return }
        tag(number, .block)
        writer.block(value)
    }

    @inline(never)
    mutating func message(_ number: UInt64, _ value: some WireFields) {
        block(number) { value.write(to: &$0) }
    }

    @inline(never)
    mutating func integers(_ number: UInt64, _ values: [some VarintNumber]) {
        guard !values.isEmpty else { return }
        block(number) { fields in
            for value in values { fields.writer.varint(value.varint) }
        }
    }

    @inline(never)
    mutating func zigzags(_ number: UInt64, _ values: [Int64]) {
        guard !values.isEmpty else { return }
        block(number) { fields in
            for value in values { fields.writer.signed(value) }
        }
    }

    @inline(never)
    mutating func fixeds(_ number: UInt64, _ values: [UInt64]) {
        guard !values.isEmpty else { return }
        tag(number, .block)
        writer.count(values.count * 8)
        writer.fixed64s(values)
    }

    @inline(never)
    mutating func fixeds(_ number: UInt64, _ values: [Double]) {
        guard !values.isEmpty else { return }
        tag(number, .block)
        writer.count(values.count * 8)
        for value in values { writer.fixed64(value.bitPattern) }
    }

    @inline(never)
    mutating func texts(_ number: UInt64, _ values: [String]) {
        for value in values { text(number, value, always: true) }
    }

    @inline(never)
    mutating func messages(_ number: UInt64, _ values: [some WireFields]) {
        for value in values { message(number, value) }
    }
}

// MARK: - Reading

/// Goes from field to field of a message that came from a peer.
///
/// Whoever is told of a field takes its value by exactly one call, which throws where the bytes are
/// of another kind.
struct FieldReader {
    /// The field that the reader stands on.
    private(set) var number: UInt64 = 0
    private var form = FieldForm.varint
    private var reader: ByteReader

    fileprivate init(_ reader: ByteReader) { self.reader = reader }

    /// Goes to the next field; false at the end.
    @inline(never)
    fileprivate mutating func next() throws(WireError) -> Bool {
        guard reader.remaining > 0 else { return false }
        let start = reader.offset
        let tag = try reader.varint(.header)
        guard let form = FieldForm(rawValue: tag & 7), tag >> 3 > 0, tag >> 3 < 1 << 29 else {
            throw .malformed(.header, offset: start)
        }
        self.form = form
        number = tag >> 3
        return true
    }

    @inline(never)
    private func expect(_ wanted: FieldForm) throws(WireError) {
        if form != wanted { throw .malformed(.header, offset: reader.offset) }
    }

    /// Goes past a field that nobody here knows.
    @inline(never)
    mutating func skip() throws(WireError) {
        switch form {
        case .varint: _ = try reader.varint(.header)
        case .fixed64: _ = try reader.fixed64(.header)
        case .fixed32: _ = try reader.fixed32(.header)
        case .block: _ = try reader.part()
        }
    }

    @inline(never)
    mutating func integer<Number: VarintNumber>() throws(WireError) -> Number {
        try expect(.varint)
        let start = reader.offset
        guard let value = Number(varint: try reader.varint(.number)) else {
            throw .malformed(.number, offset: start)
        }
        return value
    }

    @inline(never)
    mutating func flag() throws(WireError) -> Bool {
        try expect(.varint)
        return try reader.varint(.number) != 0
    }

    @inline(never)
    mutating func zigzag() throws(WireError) -> Int64 {
        try expect(.varint)
        return try reader.signed(.number)
    }

    @inline(never)
    mutating func fixed() throws(WireError) -> UInt64 {
        try expect(.fixed64)
        return try reader.fixed64(.number)
    }

    /// A text; bytes that are no UTF-8 are repaired.
    @inline(never)
    mutating func text() throws(WireError) -> String {
        try expect(.block)
        return try reader.text()
    }

    @inline(never)
    mutating func bytes() throws(WireError) -> [UInt8] {
        try expect(.block)
        return try reader.block()
    }

    @inline(never)
    mutating func message<Inner: WireFields>() throws(WireError) -> Inner {
        try expect(.block)
        return try Inner(reading: try reader.part())
    }

    @inline(never)
    mutating func integers<Number: VarintNumber>(
        into numbers: inout [Number]
    ) throws(WireError) {
        try expect(.block)
        var part = try reader.part()
        while part.remaining > 0 {
            let start = part.offset
            guard let number = Number(varint: try part.varint(.number)) else {
                throw .malformed(.number, offset: start)
            }
            numbers.append(number)
        }
    }

    @inline(never)
    mutating func zigzags(into numbers: inout [Int64]) throws(WireError) {
        try expect(.block)
        var part = try reader.part()
        while part.remaining > 0 { numbers.append(try part.signed(.number)) }
    }

    @inline(never)
    mutating func fixeds(into numbers: inout [UInt64]) throws(WireError) {
        try expect(.block)
        numbers += try reader.part().allFixed64s()
    }

    @inline(never)
    mutating func fixeds(into numbers: inout [Double]) throws(WireError) {
        try expect(.block)
        numbers += try reader.part().allFixed64s().map { Double(bitPattern: $0) }
    }

    @inline(never)
    mutating func texts(into texts: inout [String]) throws(WireError) { texts.append(try text()) }
}
