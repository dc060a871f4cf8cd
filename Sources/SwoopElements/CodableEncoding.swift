// Any Codable type as bytes of ours, compact and self-describing: what a value of the user's takes
// when it has no encoding of its own. CodableDecoding.swift reads them back.
//
// A value is a tag and its payload. Integers are variable-length (zigzag when signed), texts and
// containers say their size in bytes, so that unknown keys are stepped over without reading them:
//
//     null | false | true | signed n | unsigned n | float bits | double bits | text n bytes
//     list  size count values… | record size count (key-size key value)…

/// The first byte of a Codable value.
enum CodableTag: UInt8 {
    case null, no, yes, signed, unsigned, float, double, text, list, record
}

/// Encodes a Codable value as a count of bytes and the bytes; arrays, dictionaries and optionals of
/// Codable values as those of values with an encoding of their own, element by element.
public func _encodeCodable<Value: Codable>(
    _ value: Value, into writer: inout ValueWriter
) throws(ValueEncodingError) {
    if let value = value as? any RemoteValue {
        value.encode(into: &writer)
    } else if let shaped = value as? any CodableShape {
        try shaped.encodeShaped(into: &writer)
    } else {
        var bytes: [UInt8] = []
        let node = EncodingNode()
        do {
            try value.encode(to: NodeEncoder(node: node, codingPath: []))
        } catch let error as ValueEncodingError {
            throw error
        } catch {
            throw .rejectedByType(String(describing: error))
        }
        node.serialize(into: &bytes)
        writer.write(count: bytes.count)
        writer.write(contentsOf: bytes)
    }
}

/// What the encoder collects: a tree, since a type may fill several nested containers in turns.
final class EncodingNode {
    enum Content {
        case scalar([UInt8])
        case list([EncodingNode])
        case record([(key: String, node: EncodingNode)])
    }

    /// Null until something is encoded.
    var content = Content.scalar([CodableTag.null.rawValue])
    /// Of a list in pieces whose order means nothing, the values of a piece.
    var pieceLength: Int?

    var count: Int {
        switch content {
        case .scalar: 0
        case .list(let nodes): nodes.count
        case .record(let fields): fields.count
        }
    }

    func append(_ node: EncodingNode) {
        guard case .list(var nodes) = content else { return }
        content = .list([])  // so that the array is not copied
        nodes.append(node)
        content = .list(nodes)
    }

    func append(_ node: EncodingNode, key: String) {
        guard case .record(var fields) = content else { return }
        content = .record([])
        fields.append((key, node))
        content = .record(fields)
    }

    func becomeList() {
        if case .list = content { return }
        content = .list([])
    }

    func becomeRecord() {
        if case .record = content { return }
        content = .record([])
    }

    /// - Parameter asKey: in the form of a key (KeyForm.swift).
    func serialize(into bytes: inout [UInt8], asKey: Bool = false) {
        var body: [UInt8] = []
        switch content {
        case .scalar(let scalar):
            bytes.append(contentsOf: asKey ? Self.key(scalar) : scalar)
            return
        case .list(let nodes):
            bytes.append(CodableTag.list.rawValue)
            appendVariable(UInt64(nodes.count), to: &body)
            if asKey, let pieceLength {
                body += Self.ordered(nodes, in: pieceLength)
            } else {
                for node in nodes { node.serialize(into: &body, asKey: asKey) }
            }
        case .record(let fields):
            bytes.append(CodableTag.record.rawValue)
            appendVariable(UInt64(fields.count), to: &body)
            // Fields are found by their names.
            let inOrder = asKey ? fields.sorted { $0.key._isBefore($1.key) } : fields
            for (key, node) in inOrder {
                appendVariable(UInt64(key.utf8.count), to: &body)
                body.append(contentsOf: key.utf8)
                node.serialize(into: &body, asKey: asKey)
            }
        }
        appendVariable(UInt64(body.count), to: &bytes)
        bytes.append(contentsOf: body)
    }

    private static func ordered(_ nodes: [EncodingNode], in length: Int) -> [UInt8] {
        let pieces = stride(from: 0, to: nodes.count, by: length).map { start in
            var piece: [UInt8] = []
            for node in nodes[start..<min(start + length, nodes.count)] {
                node.serialize(into: &piece, asKey: true)
            }
            return piece
        }
        return Array(pieces.sorted { $0.lexicographicallyPrecedes($1) }.joined())
    }

    private static func key(_ scalar: [UInt8]) -> [UInt8] {
        switch scalar.first {
        case CodableTag.double.rawValue:
            guard let value = try? Double(encodedBytes: Array(scalar[1...])) else { return scalar }
            return [scalar[0]] + value._canonicalKey.encodedBytes
        case CodableTag.float.rawValue:
            guard let value = try? Float(encodedBytes: Array(scalar[1...])) else { return scalar }
            return [scalar[0]] + value._canonicalKey.encodedBytes
        default: return scalar
        }
    }
}

/// Appends seven bits a byte, lowest first; the high bit says that more follow.
func appendVariable(_ number: UInt64, to bytes: inout [UInt8]) {
    var rest = number
    while rest >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
    }
    bytes.append(UInt8(rest))
}

/// A place in a coding path.
struct NodeKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) { (self.stringValue, intValue) = (stringValue, nil) }
    init(intValue: Int) { (stringValue, self.intValue) = ("\(intValue)", intValue) }
    static var superKey: NodeKey { NodeKey(stringValue: "super") }
}

struct NodeEncoder: Encoder {
    let node: EncodingNode
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        node.becomeRecord()
        return KeyedEncodingContainer(KeyedNode<Key>(node: node, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        node.becomeList()
        return UnkeyedNode(node: node, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        SingleNode(node: node, codingPath: codingPath)
    }

    /// Encodes a value of any type into `node`.
    static func encode<Value: Encodable>(
        _ value: Value, into node: EncodingNode, path: [any CodingKey]
    ) throws {
        guard path.count <= ValueReader.depthMax else { throw ValueEncodingError.tooDeep }
        node.pieceLength = (Value.self as? any UnorderedValue.Type)?.pieceLength
        try value.encode(to: NodeEncoder(node: node, codingPath: path))
    }
}

struct SingleNode: SingleValueEncodingContainer {
    let node: EncodingNode
    let codingPath: [any CodingKey]

    private func set(_ tag: CodableTag, _ payload: [UInt8] = []) {
        node.content = .scalar([tag.rawValue] + payload)
    }

    private func set(signed value: Int64) {
        var payload: [UInt8] = []
        appendVariable(UInt64(bitPattern: (value << 1) ^ (value >> 63)), to: &payload)
        set(.signed, payload)
    }

    private func set(unsigned value: UInt64) {
        var payload: [UInt8] = []
        appendVariable(value, to: &payload)
        set(.unsigned, payload)
    }

    func encodeNil() { set(.null) }
    func encode(_ value: Bool) { set(value ? .yes : .no) }
    func encode(_ value: String) {
        var payload: [UInt8] = []
        appendVariable(UInt64(value.utf8.count), to: &payload)
        set(.text, payload + value.utf8)
    }
    func encode(_ value: Double) {
        var writer = ValueWriter()
        writer.write(value.bitPattern)
        set(.double, writer.bytes)
    }
    func encode(_ value: Float) {
        var writer = ValueWriter()
        writer.write(value.bitPattern)
        set(.float, writer.bytes)
    }
    func encode(_ value: Int) { set(signed: Int64(value)) }
    func encode(_ value: Int8) { set(signed: Int64(value)) }
    func encode(_ value: Int16) { set(signed: Int64(value)) }
    func encode(_ value: Int32) { set(signed: Int64(value)) }
    func encode(_ value: Int64) { set(signed: value) }
    func encode(_ value: UInt) { set(unsigned: UInt64(value)) }
    func encode(_ value: UInt8) { set(unsigned: UInt64(value)) }
    func encode(_ value: UInt16) { set(unsigned: UInt64(value)) }
    func encode(_ value: UInt32) { set(unsigned: UInt64(value)) }
    func encode(_ value: UInt64) { set(unsigned: value) }
    func encode<Value: Encodable>(_ value: Value) throws {
        try NodeEncoder.encode(value, into: node, path: codingPath)
    }
}

struct UnkeyedNode: UnkeyedEncodingContainer {
    let node: EncodingNode
    let codingPath: [any CodingKey]
    var count: Int { node.count }

    private func next() -> (node: EncodingNode, path: [any CodingKey]) {
        let path = codingPath + [NodeKey(intValue: count)]
        let child = EncodingNode()
        node.append(child)
        return (child, path)
    }

    func encodeNil() { _ = next() }
    func encode<Value: Encodable>(_ value: Value) throws {
        let (child, path) = next()
        try NodeEncoder.encode(value, into: child, path: path)
    }
    func nestedContainer<Nested: CodingKey>(
        keyedBy keyType: Nested.Type
    ) -> KeyedEncodingContainer<Nested> {
        let (child, path) = next()
        return NodeEncoder(node: child, codingPath: path).container(keyedBy: keyType)
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        let (child, path) = next()
        return NodeEncoder(node: child, codingPath: path).unkeyedContainer()
    }
    func superEncoder() -> any Encoder {
        let (child, path) = next()
        return NodeEncoder(node: child, codingPath: path)
    }
}

struct KeyedNode<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: EncodingNode
    let codingPath: [any CodingKey]

    private func child(_ key: any CodingKey) -> (node: EncodingNode, path: [any CodingKey]) {
        let child = EncodingNode()
        node.append(child, key: key.stringValue)
        return (child, codingPath + [key])
    }

    func encodeNil(forKey key: Key) { _ = child(key) }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        let (child, path) = child(key)
        try NodeEncoder.encode(value, into: child, path: path)
    }
    func nestedContainer<Nested: CodingKey>(
        keyedBy keyType: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        let (child, path) = child(key)
        return NodeEncoder(node: child, codingPath: path).container(keyedBy: keyType)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        let (child, path) = child(key)
        return NodeEncoder(node: child, codingPath: path).unkeyedContainer()
    }
    func superEncoder() -> any Encoder {
        let (child, path) = child(NodeKey.superKey)
        return NodeEncoder(node: child, codingPath: path)
    }
    func superEncoder(forKey key: Key) -> any Encoder {
        let (child, path) = child(key)
        return NodeEncoder(node: child, codingPath: path)
    }
}
