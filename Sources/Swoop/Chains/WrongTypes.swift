// Elements and values of types that cannot be where they stand, with what to write instead. As in
// WrongFunctions.swift, these overloads exist so that the compiler says a sentence.

public import SwoopElements

extension RemoteScope {
    /// Says at compile time what the second argument is.
    @available(
        *, unavailable,
        message: """
            the function takes two arguments: give the one that is the same for all calls at the \
            end, remote.map(inputs, f, x), or make each call: zip(a, b).map { remote.call(f, $0, \
            $1) }
            """
    )
    @_disfavoredOverload
    public func map<F: _RemoteFunction2>(
        _ inputs: some Sequence<F.A0>, _ function: F
    ) -> ProxyList<F.Result> { _neverCalled() }

    /// Says at compile time what a range is.
    @available(
        *, unavailable,
        message: """
            remote.range takes 0..<n or 0...n of Int: of another sequence, \
            remote.array(Array(values))
            """
    )
    @_disfavoredOverload
    public func range<Other>(_ other: Other) -> Chain<_RangeSource> { _neverCalled() }

    /// Says at compile time what an array is.
    @available(
        *, unavailable,
        message: """
            remote.array takes an array: of a range, write remote.range(0..<n); of another \
            sequence, remote.array(Array(values))
            """
    )
    @_disfavoredOverload
    public func array<Value>(
        _ other: some Sequence<Value>
    ) -> Chain<_MapStage<_RangeSource, _NoFunction<Int, Value>>> { _neverCalled() }

    /// Says at compile time how files are named.
    @available(
        *, unavailable,
        message: "files are named by their paths, or by URLs where SwoopFoundation is imported"
    )
    @_disfavoredOverload
    public func lines<Other>(_ files: Other...) -> Chain<_TextSource<_LineFormat>> {
        _neverCalled()
    }

    /// Says at compile time how files are named.
    @available(
        *, unavailable,
        message: "files are named by their paths, or by URLs where SwoopFoundation is imported"
    )
    @_disfavoredOverload
    public func csv<Other, Row: CSVRow>(
        _ files: Other..., as row: Row.Type
    ) -> Chain<_CSVSource<Row>> { _neverCalled() }

    /// Says at compile time what rows are.
    @available(*, unavailable, message: "rows are structs with @Record: put @Record before it")
    @_disfavoredOverload
    public func csv<Row>(
        _ files: String..., as row: Row.Type, separator: Character = ",", hasHeader: Bool = true,
        columns: [String: String] = [:], badRows: CSVBadRows = .refused
    ) -> Chain<_MapStage<_RangeSource, _NoFunction<Int, Row>>> { _neverCalled() }

    /// Says at compile time what rows are.
    @available(*, unavailable, message: "rows are structs with @Record: put @Record before it")
    @_disfavoredOverload
    public func csv<Row>(
        _ files: [String], as row: Row.Type, separator: Character = ",", hasHeader: Bool = true,
        columns: [String: String] = [:], badRows: CSVBadRows = .refused
    ) -> Chain<_MapStage<_RangeSource, _NoFunction<Int, Row>>> { _neverCalled() }

    /// Says at compile time what records are.
    @available(*, unavailable, message: "records are structs with @Record: put @Record before it")
    @_disfavoredOverload
    public func records<Row>(
        _ files: String..., as row: Row.Type
    ) -> Chain<_MapStage<_RangeSource, _NoFunction<Int, Row>>> { _neverCalled() }

    /// Says at compile time what elements are.
    @available(
        *, unavailable,
        message: """
            pages cannot hold elements of this type: put @Record before the struct; as one value \
            it goes by remote.value
            """
    )
    @_disfavoredOverload
    public func array<Element>(
        _ elements: [Element]
    ) -> Chain<_MapStage<_RangeSource, _NoFunction<Int, Element>>> { _neverCalled() }

    /// Says at compile time what elements are.
    @available(
        *, unavailable,
        message: """
            pages cannot hold elements of this type: put @Record before the struct; one value is \
            remote.kept(name, as: T.self)
            """
    )
    @_disfavoredOverload
    public func kept<Element>(
        _ name: String, of type: Element.Type
    ) -> Chain<_MapStage<_RangeSource, _NoFunction<Int, Element>>> { _neverCalled() }
}

extension Chainable {
    /// Says at compile time what elements of pages are.
    @available(
        *, unavailable,
        message: """
            pages cannot hold elements of this type: put @Record before the struct, or bring them \
            here with collected()
            """
    )
    @_disfavoredOverload
    public func stored() -> Chain<Stage> { _neverCalled() }

    /// Says at compile time what an element is.
    @available(
        *, unavailable,
        message: """
            an element is one value: let the function take one; of a join that is a Pair<A, B>, \
            with .first and .second
            """
    )
    @_disfavoredOverload
    public func map<F: _RemoteFunction2>(
        _ function: F
    ) -> Chain<_MapStage<Stage, _NoFunction<Stage.Output, F.Result>>> { _neverCalled() }

    /// Says at compile time what rows are.
    @available(
        *, unavailable,
        message: "the rows of a table are structs with @Record, pairs, or single values: map to one"
    )
    @_disfavoredOverload
    public func saved(
        asCSV path: String, header: [String]? = nil, separator: Character = ",",
        parts: SavedParts = .many, replacing: Bool = false
    ) -> SavedFiles { _neverCalled() }

    /// Says at compile time what lines are.
    @available(
        *, unavailable, message: "the lines of a text are String or TextSlice: map to one"
    )
    @_disfavoredOverload
    public func saved(
        asText path: String, parts: SavedParts = .many, replacing: Bool = false
    ) -> SavedFiles { _neverCalled() }

    /// Says at compile time what keys are.
    @available(
        *, unavailable,
        message: """
            a key is text, a number, Bool, an optional of one, or a struct with @Record that is \
            Hashable: put @Record before the key's type
            """
    )
    @_disfavoredOverload
    public func grouped<F: ElementFunction, A: Reduction>(
        by key: F, _ aggregation: A
    ) -> ProxyArray<Pair<Int, Int>>
    where F.Input == Stage.Output, A.Element == Stage.Output { _neverCalled() }

    /// Says at compile time what the first element is.
    @available(
        *, unavailable,
        message: "the first elements are prefix(n); of them one is collected().value.first"
    )
    public var first: Proxy<Int?> { _neverCalled() }
}

extension Reduction {
    /// Says at compile time that a closure cannot travel.
    @available(
        *, unavailable,
        message: """
            numbers are added up: name a property that is one, of a struct with @Record, \
            \\.amount, or a function with @Remote; a Swift closure cannot travel
            """
    )
    @_disfavoredOverload
    public static func summing<Element, Value>(
        of closure: (Element) throws -> Value
    ) -> Self where Self == _CountReduction<Element> { _neverCalled() }
}

extension SwoopError {
    /// Says at compile time which errors come back as themselves.
    @available(
        *, unavailable,
        message: "an error comes back as itself if it is Codable: make its type Codable & Sendable"
    )
    @_disfavoredOverload
    public func underlying<Underlying: Error>(as type: Underlying.Type) -> Underlying? {
        _neverCalled()
    }
}
