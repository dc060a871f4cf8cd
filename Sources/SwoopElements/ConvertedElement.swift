// Types that stand in pages as another type: enums with raw values, and types of other libraries
// such as dates. The layout is that of the other type, under a name of its own.

/// A type whose values stand in pages, travel and are keys as values of another type.
///
/// `@Record enum Weekday: Int { … }` makes an enum with raw values one; of another library's type
/// say it yourself:
///
/// ```swift
/// extension Date: @retroactive ConvertedElement {
///     public var storedForm: Double { timeIntervalSinceReferenceDate }
///     public init?(storedForm: Double) { self.init(timeIntervalSinceReferenceDate: storedForm) }
/// }
/// ```
public protocol ConvertedElement: PageElement, _StoredAsOther
where _Columns == _ConvertedColumns<Self>, _Builder == _ConvertedBuilder<Self> {}

/// A type with another one that stands for it.
public protocol _StoredAsOther: Sendable {
    /// What stands for it.
    associatedtype StoredForm: PageElement
    /// The value that stands for this one.
    var storedForm: StoredForm { get }
    /// The value that another stands for; nil if it stands for none.
    init?(storedForm: StoredForm)
}

extension ConvertedElement {
    /// The type's name, and the other's layout.
    public static var _layout: _PageLayout {
        _PageLayout("\(Self.self) as \(StoredForm._layout.text)", width: StoredForm._layout.width)
    }
    /// The other's.
    public static var _byteCountMin: Int { StoredForm._byteCountMin }
    /// The other's.
    public static var _fixedByteCount: Int? { StoredForm._fixedByteCount }
    /// Appends the value that stands for it.
    @inlinable public func encode(into writer: inout ValueWriter) {
        storedForm.encode(into: &writer)
    }
    /// Reads the value that stands for it.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        let form = try StoredForm(decoding: &reader)
        guard let value = Self(storedForm: form) else {
            throw .malformed("a value of \(Self.self), which \(form) is not")
        }
        self = value
    }
}

extension _StoredAsOther where Self: RawRepresentable, StoredForm == RawValue {
    /// The raw value.
    @inlinable public var storedForm: RawValue { rawValue }
    /// The case of a raw value.
    @inlinable public init?(storedForm: RawValue) { self.init(rawValue: storedForm) }
}

extension CSVField where Self: RawRepresentable, RawValue: CSVField {
    /// Reads the text of a raw value.
    public init?(csv field: CSVFieldText) {
        guard let raw = RawValue(csv: field) else { return nil }
        self.init(rawValue: raw)
    }

    /// Appends the raw value.
    public func write(csv writer: inout CSVWriter) { rawValue.write(csv: &writer) }
}

/// The columns of the type that stands for another.
public struct _ConvertedColumns<Element: _StoredAsOther>: _PageColumns {
    @usableFromInline let stored: Element.StoredForm._Columns

    /// Takes the other type's sections; refuses a page with values that stand for nothing.
    public init(opening page: inout _PageOpening, count: Int) throws(_PageError) {
        stored = try Element.StoredForm._Columns(opening: &page, count: count)
        for index in 0..<count {
            if let presence = page.presence, !presence[index] { continue }
            guard Element(storedForm: stored[index]) != nil else {
                throw .noValue(of: "\(Element.self)", storedForm: "\(stored[index])")
            }
        }
    }

    /// The value at `index`.
    @inlinable public subscript(_ index: Int) -> Element {
        guard let element = Element(storedForm: stored[index]) else {
            preconditionFailure("An absent row of a page was read.")
        }
        return element
    }
}

/// The builder of the type that stands for another.
public struct _ConvertedBuilder<Element: _StoredAsOther>: _PageBuilder {
    @usableFromInline var stored = Element.StoredForm._Builder()

    /// Makes an empty builder.
    @inlinable public init() {}
    /// The number of elements collected.
    @inlinable public var count: Int { stored.count }
    /// Adds what stands for the element.
    @inlinable public mutating func append(_ element: Element) {
        stored.append(element.storedForm)
    }
    /// Adds a row that will not be read.
    @inlinable public mutating func appendAbsent() { stored.appendAbsent() }
    /// The other type's.
    @inlinable public func end(from start: Int) -> Int { stored.end(from: start) }
    /// The other type's.
    @inlinable public func write(into page: inout _PageWriting) { stored.write(into: &page) }
    /// Forgets the elements.
    @inlinable public mutating func removeAll() { stored.removeAll() }
}
