// The code that the macros write, as text.

import Testing

@Test("A sync function gets a type, a variable, an overload for proxies, and keeps its body")
func syncFunction() {
    let expansion = Expansion(
        "@Remote func half(_ n: Int, by k: Double) throws -> Double { Double(n) / k }")
    #expect(expansion.diagnostics.isEmpty)
    #expect(
        expansion.contains(
            "struct _Remote_half: Swoop._RemoteFunction2, Swoop._SyncRemoteFunction {")
    )
    #expect(
        expansion.contains(
            """
            typealias A0 = Int typealias A1 = Double typealias Arguments = (A0, A1)
            typealias Result = Double
            """))
    #expect(expansion.contains(#"identity: "App/App.swift:half(_:Int,by:Double)throws->Double""#))
    #expect(
        expansion.contains(
            "throws -> Result { try half(arguments.0, by: arguments.1) }"))
    #expect(expansion.contains("var half: _Remote_half { _Remote_half() }"))
    #expect(
        expansion.contains(
            """
            func half(_ a0: some Swoop.RemoteArgument<Int>,
            by a1: some Swoop.RemoteArgument<Double>)
            -> Swoop.Proxy<Double> { Swoop._remoteCall(_Remote_half.self, a0, a1) }
            """))
    #expect(!expansion.contains("intercepting"))
}

@Test("Types that are called as those of the function's own type are named from outside of it")
func hiddenTypes() {
    let expansion = Expansion("@Remote func f(_ n: [Result], _ a: Int) -> A0? { nil }")
    #expect(
        expansion.contains(
            """
            enum _RemoteFunctionsNeedDifferentNames_f { typealias _0 = [Result]; typealias _R = A0?
            }
            """))
    #expect(
        expansion.contains(
            """
            typealias A0 = _RemoteFunctionsNeedDifferentNames_f._0 typealias A1 = Int
            typealias Arguments = (A0, A1)
            typealias Result = _RemoteFunctionsNeedDifferentNames_f._R
            """))
}

@Test("Beside a handle, a literal may be of a type that it is not by itself")
func literals() {
    let expansion = Expansion("@Remote func f(_ x: Double, _ seed: UInt64) -> Int { 1 }")
    #expect(
        expansion.contains(
            """
            @_disfavoredOverload func f(_ a0: some Swoop.RemoteArgument<Double>, _ a1: UInt64)
            -> Swoop.Proxy<Int> { Swoop._remoteCall(_Remote_f.self, a0, Swoop._argument(a1)) }
            """))
    func count(_ function: String) -> Int {
        Expansion(function).text.split(separator: "@_disfavoredOverload func f(").count - 1
    }
    #expect(count("@Remote func f(_ x: Double, _ y: [Int], _ s: String) -> Int { 1 }") == 0)
    #expect(count("@Remote func f(_ seed: UInt64) -> Int { 1 }") == 0)
    #expect(count("@Remote func f(_ x: Float, _ y: Int?) -> Int { 1 }") == 2)
    #expect(count("@Remote func f(_ x: Float, _ y: Int?, _ z: Int) -> Int { 1 }") == 3)
    #expect(count("@Remote func f(_ x: A, _ y: B, _ z: C, _ u: D, _ v: Int) -> Int { 1 }") == 5)
}

@Test("The body of an async function asks the run; a run's failure starts it again inline")
func asyncFunction() {
    let expansion = Expansion("@Remote func fib(_ n: Int) async -> Int { n }")
    #expect(expansion.diagnostics.isEmpty)
    #expect(
        expansion.contains(
            """
            if let run = Swoop._RemoteRun.intercepting() {
                do {
                    return try await run.spawnOrInline(_Remote_fib.self, n, body: _remoteBody)
                } catch {}
            }
            return await _remoteBody()
            """))
}

@Test("What the attribute declares goes into the record as it was written")
func needs() {
    let expansion = Expansion(
        "@Remote(memory: .megabytes(400), cores: 2) func f(_ n: Int) -> Int { n }")
    #expect(expansion.diagnostics.isEmpty)
    #expect(
        expansion.contains(
            "line: 1, needs: Swoop._RemoteNeeds(memory: .megabytes(400), cores: 2), body: _thunk)"))
    #expect(!Expansion("@Remote func f(_ n: Int) -> Int { n }").contains("_RemoteNeeds"))
}

@Test("The user's lines keep their numbers")
func lines() {
    let expansion = Expansion("\n\n@Remote func f(_ n: Int) -> Int {\n    n + 1\n}")
    #expect(expansion.contains(#"#sourceLocation(file: "App.swift", line: 3)"#))
}

@Test("A private function stays private, a static one is named with its path")
func accessAndPath() {
    let expansion = Expansion(
        "enum Outer { struct Inner { @Remote private static func f(_ n: Int) -> Int { n } } }")
    #expect(expansion.diagnostics.isEmpty)
    #expect(expansion.contains("private struct _Remote_f: Swoop._RemoteElementFunction {"))
    #expect(expansion.contains("private static var f: _Remote_f"))
    #expect(expansion.contains("{ Outer.Inner.f(input) }"))
}

@Test("A function without arguments gets an overload instead of a variable")
func noArguments() {
    let expansion = Expansion("@Remote public func now() -> Int { 1 }")
    #expect(
        expansion.contains(
            "@_disfavoredOverload public func now() -> _Remote_now { _Remote_now() }"))
    #expect(!expansion.contains("var now"))
}

@Test("A comment does not change the fingerprint, a changed body does")
func fingerprints() {
    func fingerprint(_ body: String) -> Substring? {
        let text = Expansion("@Remote func f(_ n: Int) -> Int { \(body) }").text
        return text.split(separator: " ").first { $0.hasPrefix("0x") }
    }
    #expect(fingerprint("n + 1") != nil)
    #expect(fingerprint("n + 1") == fingerprint("/* more */ n + 1"))
    #expect(fingerprint("n + 1") != fingerprint("n + 2"))
}

@Test("A closure is repeated where no local name reaches it, with its captures decoded")
func closure() {
    let expansion = Expansion(
        "let c = #remote { [k = k as Double, n = a + 1 as Int] (x: Double) in x * k }")
    #expect(expansion.diagnostics.isEmpty)
    #expect(expansion.contains("let k = try _decodeValue(Double.self, from: &reader)"))
    #expect(expansion.contains("let n = try _decodeValue(Int.self, from: &reader)"))
    #expect(expansion.contains("return { @Sendable (x: Double) in"))
    #expect(
        expansion.contains(
            "Swoop._capture(k, as: Double.self), Swoop._capture(a + 1, as: Int.self))"))
}

@Test("A record gets a column for each stored field")
func record() {
    let expansion = Expansion(
        "@Record struct P { var x: Double; var y: Int?; static let a = 1; var z: Int { 1 } }")
    #expect(expansion.diagnostics.isEmpty)
    #expect(
        expansion.contains(
            "extension P: Swoop.RemoteValue, Swoop.PageElement, Swoop.RemoteArgument, "
                + "Swoop.CSVRow, Swoop._PropertyHolder {"))
    #expect(expansion.contains("typealias _y = Swoop._FieldOf<Optional<Int>>"))
    #expect(expansion.contains("[_csvColumn(\"x\", _FieldTypes._x.self), "))
    #expect(expansion.contains("self.y = try _csvField(_FieldTypes._y.self, 1, row)"))
    #expect(expansion.contains("let x: _FieldTypes._x._Columns let y: _FieldTypes._y._Columns"))
    #expect(!expansion.contains("_FieldTypes._z"))
}

@Test("A record's properties are functions by key path, but for those that nobody else may name")
func properties() {
    let expansion = Expansion(
        """
        @Record public struct P {
            public var x: Double; private var y: Int; var z: Kind
            public var both: Double { x * 2 }
            var slow: Int { get async { 1 } }
            private var own: Int { 1 }
            public var name: String
            public var initial: String { "x" }
            var hidden: some Equatable { 1 }
        }
        """)
    #expect(expansion.diagnostics.isEmpty)
    #expect(
        expansion.contains(
            """
            public typealias _xType = Double
            public struct _x: Swoop._PropertyFunction { public init() { }
            @inline(__always) public func _apply(_ input: P) -> _xType { input.x }
            @inline(__always) public func _read<_Some: Swoop._PageColumns>(_ columns:
            _Some, _ row: Int) -> _xType where _Some.Element == __Record {
            (columns as? __Record._Columns).map { $0.x[row] } ?? _apply(columns[row]) }
            public static var _name: String { "x" } }
            public var x: _x { _x() }
            """))
    #expect(expansion.contains("public var both: _both { _both() }"))
    // A column of texts lends them.
    #expect(
        expansion.contains("public struct _name: Swoop._PropertyFunction, Swoop._TextProperty {"))
    #expect(expansion.contains("-> String._Columns { columns.name }"))
    #expect(expansion.contains("public struct _initial: Swoop._PropertyFunction {"))
    #expect(expansion.contains("} var z: _z { _z() }"))
    for name in ["y", "slow", "own", "hidden"] {
        #expect(!expansion.contains("struct _\(name):"))
    }
}

@Test("What a parameter is by itself, it is in calls with handles too")
func standards() {
    let expansion = Expansion("@Remote func f(_ n: Int, k: Double = 1 / 2) -> Double { 1 }")
    #expect(expansion.diagnostics.isEmpty)
    #expect(
        expansion.contains(
            "k a1: some Swoop.RemoteArgument<Double> = ((1 / 2) as Double)) -> Swoop.Proxy<Double>")
    )
}

@Test("Errors about a parameter's type are told on its line")
func errorLines() {
    let expansion = Expansion("@Remote func f(\n    _ n: Int,\n    k: Lab) -> Double { 1 }")
    #expect(
        expansion.contains(
            """
            #sourceLocation(file: "App.swift", line: 3)
            try _encodeValue(arguments.1, into: &writer) #sourceLocation()
            """))
    let record = Expansion("@Record struct P {\n    var x: Int\n    var y: Lab\n}")
    #expect(
        record.contains(
            """
            #sourceLocation(file: "App.swift", line: 3)
            _encodeField(self.y, into: &writer)
            #sourceLocation()
            """))
}

@Test("An enum with raw values is stored as these")
func rawEnum() {
    let expansion = Expansion("enum Outer { @Record enum Day: Int, Comparable { case one = 1 } }")
    #expect(expansion.diagnostics.isEmpty)
    #expect(
        expansion.contains(
            """
            extension Outer.Day: Swoop.RemoteValue, Swoop.PageElement, Swoop.RemoteArgument,
            Swoop.ConvertedElement, Swoop.CSVField, Swoop.PackedKey, Swoop._SortValue,
            Swoop._ProxyEquatable {
            typealias _Received = Outer.Day
            typealias _Columns = Swoop._ConvertedColumns<Outer.Day>
            typealias _Builder = Swoop._ConvertedBuilder<Outer.Day> typealias StoredForm = Int
            typealias _Stored = Outer.Day var _sortNumber: UInt64 {
            """))
}

@Test("A function with limits has a call of its own for steps of chains, others have none")
func limitedStep() {
    let expansion = Expansion("@Remote(retries: 2) func f(_ n: Int) throws -> Int { n }")
    #expect(
        expansion.contains(
            """
            static func _step(_ arguments: Arguments) throws -> Result {
            try Swoop._declaredCall(_entry) { try f(arguments) } }
            """))
    #expect(expansion.contains("-> Result { try Self._step(input) }"))
    #expect(!Expansion("@Remote(cores: 2) func f(_ n: Int) -> Int { n }").contains("_step"))
}
