// Remote functions as a user writes them, compiled: plain use, lookup of their types, and the
// registry.

import Swoop
import Testing

@Remote private func isEven(_ i: Int) -> Bool { i.isMultiple(of: 2) }

@Remote private func power(_ base: Double, exponent: Int) throws -> Double {
    if exponent < 0 { throw ValueDecodingError.malformed("exponent") }
    return (0..<exponent).reduce(1) { product, _ in product * base }
}

@Remote private func fibonacci(_ n: Int) async -> Int {
    if n < 2 { return n }
    async let a = fibonacci(n - 1)
    async let b = fibonacci(n - 2)
    return await a + b
}

@Remote private func answer() -> Int { 42 }
@Remote private func `twice the answer`() -> Int { 84 }
@Remote private func `a + b`(_ a: Int, `the other`: Int) -> Int { a + `the other` }
@Remote private func `a - b`(_ a: Int, _ b: Int) -> Int { a - b }
@Remote private func `default`(_ a: Int) -> Int { a }

@Remote(memory: .megabytes(400), cores: 2) private func heavy(_ n: Int) -> Int { n }
@Remote(memory: .gigabytes(.max)) private func heavier(_ n: Int) -> Int { n }

private enum Shapes {
    @Remote static func area(_ side: Double) -> Double { side * side }
}

@Record private struct Place: Equatable {
    var x: Double
    let name: String
    var tags: [Int]?
}

@Record private struct Odd: Equatable {
    var `the shop`: Int
    var `class`: String
}

@Remote private func nameLength(_ place: Place) -> Int { place.name.count }

@Suite struct CompiledFunctions {
    @Test("Plain calls, filter and function-typed variables take the function")
    func plain() async throws {
        let function: (Int) -> Bool = isEven
        #expect(isEven(2) && function(4) && [1, 2].filter(isEven) == [2])
        #expect(try power(2, exponent: 3) == 8)
        #expect([1.0, 2].map(Shapes.area) == [1, 4])
        #expect(answer() + 1 == 43)
        #expect(`twice the answer`() == 84 && `a + b`(1, `the other`: 2) == 3)
        #expect(`a - b`(1, 2) == -1 && `default`(5) == 5)
        #expect(await fibonacci(10) == 55)
        let odd = Odd(`the shop`: 4, class: "a")
        #expect(odd == Odd(`the shop`: 4, class: "a") && odd.`the shop` == 4)
    }

    @Test("Generic code finds the function's type, and the type calls the function")
    func types() throws {
        func applied<F: ElementFunction>(_ function: F, _ input: F.Input) throws -> F.Output {
            try function._apply(input)
        }
        func call<F: _RemoteFunction0 & _SyncRemoteFunction>(_ function: () -> F) throws -> F.Result
        {
            try F._call(())
        }
        #expect(try applied(isEven, 4))
        #expect(try applied(`default`, 4) == 4 && call(`twice the answer`) == 84)
        #expect(try applied(Shapes.area, 3) == 9)
        #expect(try applied(nameLength, Place(x: 1, name: "here", tags: nil)) == 4)
        #expect(try call(answer) == 42)
    }

    @Test("The registry finds every function of this file, in debug and in release")
    func registry() {
        let names = RemoteRegistry.functions.filter { $0.file.hasSuffix("/CompiledTests.swift") }
            .map(\._name)
        #expect(
            Set(names) == [
                "isEven", "power", "fibonacci", "answer", "heavy", "heavier", "Shapes.area",
                "nameLength", "`twice the answer`", "`a + b`", "`a - b`", "`default`",
            ])
        #expect(names.count == 12)
    }

    @Test("What a function declares is found with it")
    func needs() {
        #expect(_Remote_heavy._entry.needs == _RemoteNeeds(memory: .megabytes(400), cores: 2))
        #expect(_Remote_heavy._entry.needs.memory.byteCount == 400_000_000)
        #expect(_Remote_heavier._entry.needs.memory.byteCount == .max)
        #expect(_Remote_answer._entry.needs == _RemoteNeeds())
    }

    @Test("A thunk decodes the arguments, calls, and encodes the result")
    func thunk() throws {
        var writer = ValueWriter()
        try _Remote_power._encode((2, 5), into: &writer)
        let result = try _decodeAllOf(writer.bytes) { (reader) throws(ValueDecodingError) in
            try _Remote_power._decode(from: &reader)
        }
        #expect(result == (2, 5))
        #expect(_Remote_power._features((2, 5)) == [2, 5])
    }

    @Test("A closure's captured values reach the code that the key names")
    func closure() throws {
        let k = 2.5
        let closure = #remote { [k = k as Double, n = 2 as Int] (x: Double) in x * k + Double(n) }
        var writer = ValueWriter()
        closure._encodeFields(into: &writer)
        let found = try _decodeAllOf(writer.bytes) { (reader) throws(ValueDecodingError) in
            try RemoteClosure<Double, Double>(_decodingFields: &reader)
        }
        #expect(try found._apply(2) == 7)
        #expect(throws: RemoteClosureError.notOnAWorker) { try closure._apply(2) }
    }

    @Test("A function with values given is a function of its first argument")
    func withValue() throws {
        let cube = power.with(3)
        var writer = ValueWriter()
        cube._encodeFields(into: &writer)
        let found = try _decodeAllOf(writer.bytes) { (reader) throws(ValueDecodingError) in
            try _FunctionWithValue<_Remote_power>(_decodingFields: &reader)
        }
        #expect(try found._apply(2) == 8)
        #expect(throws: RemoteClosureError.notOnAWorker) { try cube._apply(2) }
    }

    @Test("A record survives its encoding")
    func record() throws {
        let place = Place(x: 1.5, name: "è", tags: [1, 2])
        #expect(try Place(encodedBytes: place.encodedBytes) == place)
    }
}

/// Counts the calls that it is asked about, and makes them inline.
private actor Counter: _RemoteRunHook {
    private(set) var names: [String] = []

    nonisolated(nonsending) func spawnOrInline<Function: RemoteFunction>(
        _ function: Function.Type, _ arguments: Function.Arguments,
        body: @escaping @Sendable () async throws -> Function.Result
    ) async throws -> Function.Result {
        await count(Function._entry._name)
        return try await body()
    }

    private func count(_ name: String) { names.append(name) }
}

@Suite struct InsideARun {
    @Test("A run's own call runs its body; the calls that the body makes go to the hook")
    func interception() async {
        let counter = Counter()
        let value = await _RemoteRun.entering(hook: counter) { await fibonacci(3) }
        #expect(value == 2)
        #expect(await counter.names == Array(repeating: "fibonacci", count: 4))
    }

    @Test("Outside of a run nobody is asked")
    func outside() async {
        #expect(_RemoteRun.intercepting() == nil)
        #expect(await fibonacci(5) == 5)
    }
}
