// All elements of a chain as one value, if they do not take too much: more than is allowed is an
// error in the cluster, before anything is downloaded.

public import SwoopElements

/// Elements, encoded one after the other.
@usableFromInline package struct EncodedElements: RemoteValue {
    @usableFromInline var count = 0
    @usableFromInline var bytes = ValueWriter()

    @inlinable init() {}

    /// Reads them.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        count = try Int(decoding: &reader)
        let length = try reader.readCount()
        unsafe bytes.write(contentsOf: try reader.readBytes(length))
    }

    /// Appends them with their number and length.
    public func encode(into writer: inout ValueWriter) {
        count.encode(into: &writer)
        writer.write(count: bytes.byteCount)
        writer.write(contentsOf: bytes.bytes)
    }
}

/// Elements as an encoded array.
@usableFromInline package struct EncodedArray: RemoteValue {
    private let elements: EncodedElements

    @usableFromInline init(_ elements: EncodedElements) { self.elements = elements }

    /// Not read: it is decoded as the array that it is.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        throw .malformed("an array of other elements")
    }

    /// Appends the array.
    public func encode(into writer: inout ValueWriter) {
        writer.write(count: elements.count)
        writer.write(contentsOf: elements.bytes.bytes)
    }
}

/// What a collection may not become.
@usableFromInline
package struct CollectionTooLarge: Error, Equatable, Sendable, CustomStringConvertible {
    /// Bytes that it may take.
    public let cap: Int

    /// Names the cap.
    @usableFromInline init(cap: Int) { self.cap = cap }

    /// What happened.
    public var description: String { "the elements take more than \(cap) bytes" }
}

/// All elements, up to so many bytes.
@frozen @usableFromInline package struct CappedCollection<Element: RemoteValue>: ExactReduction {
    @usableFromInline let cap: Int

    /// Collects up to so many bytes.
    @inlinable public init(cap: Int) { self.cap = cap }
    /// None.
    @inlinable public var identity: EncodedElements { EncodedElements() }
    /// The element.
    @inlinable public func lift(_ element: Element) -> Element { element }
    /// Appends an element.
    @inlinable public func fold(_ raw: Element, into partial: inout EncodedElements) throws {
        raw.encode(into: &partial.bytes)
        partial.count += 1
        try check(partial)
    }
    /// Appends elements.
    @inlinable
    public func combine(_ right: EncodedElements, into left: inout EncodedElements) throws {
        left.bytes.write(contentsOf: right.bytes.bytes)
        left.count += right.count
        try check(left)
    }
    @inlinable func check(_ partial: EncodedElements) throws {
        if partial.bytes.byteCount > cap { throw CollectionTooLarge(cap: cap) }
    }
    /// The array.
    @inlinable public func answer(_ partial: EncodedElements) -> EncodedArray {
        EncodedArray(partial)
    }
    /// Appends the cap.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        cap.encode(into: &writer)
    }
    /// Reads the cap.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        cap = try Int(decoding: &reader)
    }
    /// The reduction's name.
    public static var _name: String { "collected" }
}

extension Chainable where Stage.Output: RemoteValue {
    /// All elements as one value.
    ///
    /// Not beside `collected()`, in `Chain`: what is written without parentheses names that alone,
    /// and the compiler says that they are missing.
    ///
    /// - Parameter cap: bytes that they may take; more make the value fail with
    ///   `SwoopError.Code.tooLarge`, and nothing is downloaded; fewer than 0 are an error.
    @inlinable @inline(__always) @_disfavoredOverload
    public func collected(cap: Int) -> Proxy<[Stage.Output]> {
        let chain = chain
        chain.recorder._check(cap, "a cap of % bytes")
        return Proxy<[Stage.Output]>(
            _handle: chain.reduce(CappedCollection<Stage.Output>(cap: cap))._handle)
    }
}
