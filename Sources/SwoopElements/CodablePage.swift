// The layout of last resort: a page of Codable values, each encoded by itself. They are decoded
// when the page is opened, all of them, so that a loop meets no undecodable element.

/// A Codable type whose values may stand in pages; conforming takes one empty line.
///
/// Slower than a `@Record`: every value is decoded whole, by keys.
public protocol CodablePage: PageElement, Codable
where _Columns == _CodableColumns<Self>, _Builder == _CodableBuilder<Self> {}

extension CodablePage {
    /// The layout: the type's name stands for it.
    public static var _layout: _PageLayout { _PageLayout("codable \(Self.self)") }

    /// Eight bytes of the blob's count.
    public static var _byteCountMin: Int { 8 }

    /// Appends the value as a blob; an empty one, which cannot be decoded, if the type refuses.
    public func encode(into writer: inout ValueWriter) {
        writer.write(contentsOf: codableBlob(self, asKey: writer._isKey))
    }

    /// Reads a blob.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        let count = try reader.readCount()
        let bytes = unsafe [UInt8](try reader.readBytes(count))
        self = try decodedBlob(bytes)
    }
}

/// Decoded values.
public struct _CodableColumns<Element: Codable & Sendable>: _PageColumns {
    fileprivate let elements: [Element?]

    /// Takes the offsets and the blobs and decodes them.
    public init(opening page: inout _PageOpening, count: Int) throws(_PageError) {
        let blobs = try [UInt8]._Columns(opening: &page, count: count)
        var elements: [Element?] = []
        for index in 0..<count {
            if let presence = page.presence, !presence[index] {
                elements.append(nil)
                continue
            }
            do throws(ValueDecodingError) {
                elements.append(try decodedBlob(blobs[index]))
            } catch {
                throw .malformed("a Codable element: \(error)")
            }
        }
        self.elements = elements
    }

    /// The value at `index`, which must not be an absent one.
    public subscript(_ index: Int) -> Element {
        guard let element = elements[index] else {
            preconditionFailure("An absent row of a page was read.")
        }
        return element
    }
}

/// Collects encoded values end to end.
public struct _CodableBuilder<Element: Codable & Sendable>: _PageBuilder {
    private var blobs = [UInt8]._Builder()

    /// Makes an empty builder.
    public init() {}
    /// The number of elements collected.
    public var count: Int { blobs.count }
    /// Encodes and adds a value.
    public mutating func append(_ element: Element) {
        blobs.append(Array(codableBlob(element)[8...]))
    }
    /// Adds an empty blob.
    public mutating func appendAbsent() { blobs.appendAbsent() }
    /// Encodes the values that are there.
    public static func _gather(
        _ rows: _GatheredRows<_CodableColumns<Element>>, into sections: inout _PageSections
    ) {
        var builder = Self()
        for index in 0..<rows.count {
            let place = rows.places[index]
            let element =
                place == _RowPlaces.none
                ? nil : rows.pages[_RowPlaces.page(place)].elements[_RowPlaces.row(place)]
            if let element { builder.append(element) } else { builder.appendAbsent() }
        }
        sections.add(builder)
    }
    /// The offsets and the blobs.
    public func end(from start: Int) -> Int { blobs.end(from: start) }
    /// Writes the offsets and the blobs.
    public func write(into page: inout _PageWriting) { blobs.write(into: &page) }
    /// Forgets the values.
    public mutating func removeAll() { blobs.removeAll() }
}

private func codableBlob<Value: Codable>(_ value: Value, asKey: Bool = false) -> [UInt8] {
    let node = EncodingNode()
    var bytes: [UInt8] = []
    if (try? value.encode(to: NodeEncoder(node: node, codingPath: []))) != nil {
        node.serialize(into: &bytes, asKey: asKey)
    }
    var writer = ValueWriter()
    writer.write(count: bytes.count)
    writer.write(contentsOf: bytes)
    return writer.bytes
}

private func decodedBlob<Value: Codable>(_ bytes: [UInt8]) throws(ValueDecodingError) -> Value {
    do {
        return try Value(from: NodeDecoder(slice: try CodableSlice.whole(bytes), codingPath: []))
    } catch let error as ValueDecodingError {
        throw error
    } catch {
        throw .rejectedByType(String(describing: error))
    }
}
