// The elements of pages: what a type must say about its layout so that a page of it can be written,
// checked and read without decoding. PageHeader.swift has the header, FixedWidthColumns.swift and
// its neighbours the layouts of the standard types; @Record generates all of this for a struct.

/// A type whose values pages hold, laid out in columns.
///
/// The conformance of a struct composes those of its fields, one after the other in their order:
/// `_Columns` and `_Builder` hold one column and one builder a field.
public protocol PageElement: RemoteValue {
    /// Reads elements from an opened page.
    associatedtype _Columns: _PageColumns where _Columns.Element == Self
    /// Collects elements and writes them as a page.
    associatedtype _Builder: _PageBuilder
    where _Builder.Element == Self, _Builder.Columns == _Columns

    /// The layout's description; pages of equal descriptions are interchangeable.
    static var _layout: _PageLayout { get }
}

/// The columns of one type inside an opened page; plain pointers, valid as long as the page is
/// lent.
public protocol _PageColumns {
    /// What a row is.
    associatedtype Element

    /// Takes this type's sections from the page, in order, and checks every bound that `subscript`
    /// will rely on.
    init(opening page: inout _PageOpening, count: Int) throws(_PageError)

    /// The element at `index`, which must be in `0..<count`; unchecked, to be inlined.
    subscript(_ index: Int) -> Element { get }

    /// The elements in `range`, which must lie within `0..<count`.
    func _array(_ range: Range<Int>) -> [Element]
}

extension _PageColumns {
    /// Loads the elements one by one.
    @inlinable public func _array(_ range: Range<Int>) -> [Element] { range.map { self[$0] } }
}

/// Collects the elements of a page in private memory.
public protocol _PageBuilder {
    /// What a row is.
    associatedtype Element
    /// Where such rows are in opened pages.
    associatedtype Columns: _PageColumns where Columns.Element == Element

    /// Makes an empty builder.
    init()

    /// The number of elements collected.
    var count: Int { get }

    /// Adds an element.
    mutating func append(_ element: Element)

    /// Adds a row that will not be read: the place of an optional's absent value.
    mutating func appendAbsent()

    /// Where this type's sections end if they begin at the byte `start` of the page.
    func end(from start: Int) -> Int

    /// Writes this type's sections.
    func write(into page: inout _PageWriting)

    /// Adds this type's sections for rows of opened pages; those of an absent value for no row.
    static func _gather(_ rows: _GatheredRows<Columns>, into sections: inout _PageSections)

    /// Forgets the elements and keeps the memory.
    mutating func removeAll()

    /// Makes room for about so many elements, if that saves anything.
    mutating func _reserve(_ count: Int)
}

extension _PageBuilder {
    /// Waits for the elements.
    @inlinable public mutating func _reserve(_ count: Int) {}
}

/// The description of a layout, from which every page header's 64-bit hash is made.
public struct _PageLayout: Hashable, Sendable {
    /// The layout in words, such as `record Point(x: f64, name: utf8)`.
    public let text: String
    /// The bytes that every element takes in its columns; nil if they differ.
    public let width: Int?

    /// A layout described by its own words.
    public init(_ text: String, width: Int? = nil) {
        self.text = text
        self.width = width
    }

    /// The layout of a struct: its name and its fields in order.
    public static func record(_ name: String, _ fields: [(String, _PageLayout)]) -> _PageLayout {
        let list = fields.map { "\($0.0): \($0.1.text)" }.joined(separator: ", ")
        return _PageLayout("record \(name)(\(list))", width: sum(fields.map(\.1.width)))
    }

    static func sum(_ widths: [Int?]) -> Int? {
        widths.reduce(0) { sum, width in sum.flatMap { sum in width.map { sum + $0 } } }
    }

    /// FNV-1a of the description: the same in every process and build.
    public var hash: UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}

/// Why bytes were not accepted as a page of a type.
public enum _PageError: Error, Hashable, Sendable {
    /// Not a page, or a page of another version.
    case notAPage
    /// The page does not begin at a multiple of 64 bytes.
    case misaligned
    /// A page of another layout.
    case otherLayout(expected: UInt64, found: UInt64)
    /// The bytes end before the page does.
    case tooShort
    /// Offsets or sizes in the page contradict one another; the text names what was looked at.
    case malformed(String)
    /// A value stands for none of its type: an enum lost a case since it was written.
    case noValue(of: String, storedForm: String)
}

extension _PageError: CustomStringConvertible {
    /// What is wrong with the page, in words.
    public var description: String {
        switch self {
        case .notAPage: "these are the bytes of no page, or of one of another version"
        case .misaligned: "a page does not begin at a multiple of 64 bytes"
        case .otherLayout: "a page has elements of another layout"
        case .tooShort: "the bytes end before the page does"
        case .malformed(let place): "the page contradicts itself in \(place)"
        case .noValue(let type, let form):
            "\(form) is no \(type) of this program: its type had other cases when it was written"
        }
    }
}
