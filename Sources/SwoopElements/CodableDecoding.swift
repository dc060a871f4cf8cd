// Reads what CodableEncoding.swift wrote, value by value as the type asks for them. Containers
// state their size, so that stepping over one costs nothing; every count is checked against that
// size.

/// Decodes a Codable value that `_encodeCodable` encoded.
public func _decodeCodable<Value: Codable>(
    _ type: Value.Type, from reader: inout ValueReader
) throws(ValueDecodingError) -> Value {
    if let remote = Value.self as? any RemoteValue.Type {
        return try cast(try remote.init(decoding: &reader))
    }
    if let shaped = Value.self as? any CodableShape.Type {
        return try cast(try shaped.init(decodingShaped: &reader))
    }
    let count = try reader.readCount()
    let bytes = unsafe [UInt8](try reader.readBytes(count))
    do {
        return try Value(from: NodeDecoder(slice: try CodableSlice.whole(bytes), codingPath: []))
    } catch let error as ValueDecodingError {
        throw error
    } catch {
        throw .rejectedByType(String(describing: error))
    }
}

private func cast<Value>(_ value: Any) throws(ValueDecodingError) -> Value {
    guard let value = value as? Value else { throw .malformed("\(Value.self)") }
    return value
}

/// One Codable value inside the bytes: its tag and where its payload lies.
struct CodableSlice {
    let bytes: [UInt8]
    let tag: CodableTag
    let payload: Range<Int>

    /// The value that takes all of the bytes.
    static func whole(_ bytes: [UInt8]) throws(ValueDecodingError) -> CodableSlice {
        var position = 0
        let slice = try next(bytes, &position, end: bytes.count)
        guard position == bytes.count else { throw .bytesLeftOver }
        return slice
    }

    /// The value at `position`, which is moved behind it.
    static func next(
        _ bytes: [UInt8], _ position: inout Int, end: Int
    ) throws(ValueDecodingError) -> CodableSlice {
        guard position < end else { throw .tooShort }
        guard let tag = CodableTag(rawValue: bytes[position]) else { throw .malformed("tag") }
        position += 1
        let start = position
        switch tag {
        case .null, .no, .yes: break
        case .signed, .unsigned: _ = try variable(bytes, &position, end: end)
        case .float: position += 4
        case .double: position += 8
        case .text, .list, .record:
            let size = try variable(bytes, &position, end: end)
            guard size <= UInt64(end - position) else { throw .tooShort }
            let body = position
            position += Int(size)
            return CodableSlice(bytes: bytes, tag: tag, payload: body..<position)
        }
        guard position <= end else { throw .tooShort }
        return CodableSlice(bytes: bytes, tag: tag, payload: start..<position)
    }

    /// Reads a number that `appendVariable` wrote.
    static func variable(
        _ bytes: [UInt8], _ position: inout Int, end: Int
    ) throws(ValueDecodingError) -> UInt64 {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            guard position < end else { throw .tooShort }
            let byte = UInt64(bytes[position])
            position += 1
            guard shift < 63 || byte <= 1 else { throw .malformed("number") }
            number |= (byte & 0x7f) << shift
            if byte < 0x80 { return number }
        }
        throw .malformed("number")
    }

    /// The values of a list.
    func elements() throws(ValueDecodingError) -> [CodableSlice] {
        guard tag == .list else { throw .malformed("list") }
        var position = payload.lowerBound
        let count = try Self.variable(bytes, &position, end: payload.upperBound)
        guard count <= UInt64(payload.upperBound - position) else { throw .countTooLarge }
        var slices: [CodableSlice] = []
        for _ in 0..<count {
            slices.append(try Self.next(bytes, &position, end: payload.upperBound))
        }
        return slices
    }

    /// The fields of a record.
    func fields() throws(ValueDecodingError) -> [String: CodableSlice] {
        guard tag == .record else { throw .malformed("record") }
        var position = payload.lowerBound
        let count = try Self.variable(bytes, &position, end: payload.upperBound)
        guard count <= UInt64(payload.upperBound - position) else { throw .countTooLarge }
        var fields: [String: CodableSlice] = [:]
        for _ in 0..<count {
            let size = try Self.variable(bytes, &position, end: payload.upperBound)
            guard size <= UInt64(payload.upperBound - position) else { throw .tooShort }
            let key = position..<position + Int(size)
            position = key.upperBound
            let value = try Self.next(bytes, &position, end: payload.upperBound)
            fields[try text(key)] = value
        }
        return fields
    }

    func text(_ range: Range<Int>) throws(ValueDecodingError) -> String {
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            throw .malformed("UTF-8")
        }
        return text
    }
}

struct NodeDecoder: Decoder {
    let slice: CodableSlice
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(
        keyedBy type: Key.Type
    ) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(
            KeyedSlices<Key>(slices: try slice.fields(), codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        UnkeyedSlices(slices: try slice.elements(), codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        SingleSlice(slice: slice, codingPath: codingPath)
    }

    /// Decodes a value of any type from `slice`.
    static func decode<Value: Decodable>(
        _ type: Value.Type, from slice: CodableSlice, path: [any CodingKey]
    ) throws -> Value {
        guard path.count <= ValueReader.depthMax else { throw ValueDecodingError.tooDeep }
        return try Value(from: NodeDecoder(slice: slice, codingPath: path))
    }
}

struct SingleSlice: SingleValueDecodingContainer {
    let slice: CodableSlice
    let codingPath: [any CodingKey]

    private func mismatch<Value>(_ type: Value.Type) -> DecodingError {
        DecodingError.typeMismatch(
            type,
            DecodingError.Context(codingPath: codingPath, debugDescription: "found \(slice.tag)"))
    }

    private func integer<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
        var position = slice.payload.lowerBound
        let end = slice.payload.upperBound
        switch slice.tag {
        case .signed:
            let zigzag = try CodableSlice.variable(slice.bytes, &position, end: end)
            let value = Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1)
            if let number = Number(exactly: value) { return number }
        case .unsigned:
            let value = try CodableSlice.variable(slice.bytes, &position, end: end)
            if let number = Number(exactly: value) { return number }
        default: break
        }
        throw mismatch(type)
    }

    private func bits<Number: FixedWidthInteger>(_ type: Number.Type) -> Number {
        slice.payload.reversed().reduce(0) { $0 << 8 | Number(slice.bytes[$1]) }
    }

    func decodeNil() -> Bool { slice.tag == .null }
    func decode(_ type: Bool.Type) throws -> Bool {
        switch slice.tag {
        case .yes: true
        case .no: false
        default: throw mismatch(type)
        }
    }
    func decode(_ type: String.Type) throws -> String {
        guard slice.tag == .text else { throw mismatch(type) }
        return try slice.text(slice.payload)
    }
    func decode(_ type: Double.Type) throws -> Double {
        guard slice.tag == .double else { throw mismatch(type) }
        return Double(bitPattern: bits(UInt64.self))
    }
    func decode(_ type: Float.Type) throws -> Float {
        guard slice.tag == .float else { throw mismatch(type) }
        return Float(bitPattern: bits(UInt32.self))
    }
    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try NodeDecoder.decode(type, from: slice, path: codingPath)
    }
}

struct UnkeyedSlices: UnkeyedDecodingContainer {
    let slices: [CodableSlice]
    let codingPath: [any CodingKey]
    private(set) var currentIndex = 0
    var count: Int? { slices.count }
    var isAtEnd: Bool { currentIndex == slices.count }

    init(slices: [CodableSlice], codingPath: [any CodingKey]) {
        self.slices = slices
        self.codingPath = codingPath
    }

    private mutating func next() throws -> NodeDecoder {
        let path = codingPath + [NodeKey(intValue: currentIndex)]
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                Any.self,
                DecodingError.Context(codingPath: path, debugDescription: "the list has ended"))
        }
        currentIndex += 1
        return NodeDecoder(slice: slices[currentIndex - 1], codingPath: path)
    }

    mutating func decodeNil() -> Bool {
        guard !isAtEnd, slices[currentIndex].tag == .null else { return false }
        currentIndex += 1
        return true
    }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let decoder = try next()
        return try NodeDecoder.decode(type, from: decoder.slice, path: decoder.codingPath)
    }
    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try next().container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next().unkeyedContainer()
    }
    mutating func superDecoder() throws -> any Decoder { try next() }
}

struct KeyedSlices<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let slices: [String: CodableSlice]
    let codingPath: [any CodingKey]
    var allKeys: [Key] { slices.keys.sorted().compactMap { Key(stringValue: $0) } }

    private func child(_ key: any CodingKey) throws -> NodeDecoder {
        guard let slice = slices[key.stringValue] else {
            throw DecodingError.keyNotFound(
                key, DecodingError.Context(codingPath: codingPath, debugDescription: "no such key"))
        }
        return NodeDecoder(slice: slice, codingPath: codingPath + [key])
    }

    func contains(_ key: Key) -> Bool { slices[key.stringValue] != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try child(key).slice.tag == .null }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let decoder = try child(key)
        return try NodeDecoder.decode(type, from: decoder.slice, path: decoder.codingPath)
    }
    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try child(key).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try child(key).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder { try child(NodeKey.superKey) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try child(key) }
}
