// What the macros refuse, where they point, and what they say.

import Testing

struct Refusal: Sendable, CustomTestStringConvertible {
    let source: String
    let place: String
    let words: String

    init(_ source: String, _ place: String, _ words: String) {
        (self.source, self.place, self.words) = (source, place, words)
    }

    var testDescription: String { source }
}

private let refusals: [Refusal] = [
    Refusal("@Remote func f(_ n: inout Int) -> Int { n }", "1:21", "'inout'"),
    Refusal("@Remote func f<T>(_ n: T) -> T { n }", "1:15", "cannot be generic"),
    Refusal("@Remote func f(_ n: some Equatable) -> Int { 1 }", "1:21", "concrete type"),
    Refusal("@Remote func f(_ n: Int) -> any Error { fatalError() }", "1:29", "concrete type"),
    Refusal("@Remote func f(_ n: Int...) -> Int { 1 }", "1:24", "take an array"),
    Refusal(
        "@Remote func f(_ g: (Int) -> Int) -> Int { g(1) }", "1:21", "a function cannot travel"),
    Refusal(
        "@Remote func f(_ g: @escaping () -> Int) -> Int { g() }", "1:31",
        "a function cannot travel"),
    Refusal(
        "@Remote func f(_ g: (Int, () -> Int)) -> Int { 1 }", "1:27", "a function cannot travel"),
    Refusal("@Remote func f(_ g: (Int, Int)) -> Int { 1 }", "1:21", "@Record"),
    Refusal("@Remote func f(_ p: UnsafePointer<Int>) -> Int { 1 }", "1:21", "another process"),
    Refusal("struct S {\n    @Remote func f(_ n: Int) -> Int { n }\n}", "2:18", "'static'"),
    Refusal(
        "struct S<T> {\n    @Remote static func f(_ n: Int) -> Int { n }\n}", "2:25", "generic type"
    ),
    Refusal("func g() {\n    @Remote func f(_ n: Int) -> Int { n }\n}", "2:18", "file level"),
    Refusal("@Remote @MainActor func f(_ n: Int) -> Int { n }", "1:9", "actor"),
    Refusal("@Remote func f(_ g: Int) rethrows -> Int { 1 }", "1:26", "write 'throws'"),
    Refusal("@Remote func f() -> (Int, Int) { (1, 2) }", "1:21", "Pair"),
    Refusal("@Remote(retries: -1) func f(_ n: Int) throws -> Int { n }", "1:18", "less than"),
    Refusal("@Remote(cores: 0) func f(_ n: Int) -> Int { n }", "1:16", "at least one core"),
    Refusal("@Remote(cores: -2) func f(_ n: Int) -> Int { n }", "1:16", "at least one core"),
    Refusal("@Remote(memory: .megabytes(-4)) func f(_ n: Int) -> Int { n }", "1:17", "less than"),
    Refusal("@Remote(timeout: .seconds(-1)) func f(_ n: Int) -> Int { n }", "1:18", "some time"),
    Refusal("@Remote(timeout: .zero) func f(_ n: Int) -> Int { n }", "1:18", "some time"),
    Refusal(
        "@Remote(retries: 1, backOff: .seconds(-5)) func f(_ n: Int) throws -> Int { n }",
        "1:30", "less than"),
    Refusal("let c = #remote { [k] (x: Double) in x * k }", "1:20", "[name = value as T]"),
    Refusal("let c = #remote { [k = k] (x: Double) in x * k }", "1:20", "[name = value as T]"),
    Refusal("let c = #remote { [weak k = k as T] (x: Double) in x }", "1:20", "travels as a copy"),
    Refusal("let c = #remote { [unowned k] (x: Double) in x }", "1:20", "travels as a copy"),
    Refusal("let c = #remote { [self] (x: Double) in x }", "1:20", "'self' cannot travel"),
    Refusal("let c = #remote { x in x * 2 }", "1:19", "state the parameter's type"),
    Refusal("let c = #remote { (x) in x * 2 }", "1:20", "state the parameter's type"),
    Refusal("let c = #remote { $0 * 2 }", "1:17", "one parameter"),
    Refusal("let c = #remote { (x: Int, y: Int) in x }", "1:19", "one parameter"),
    Refusal("let c = #remote { (x: inout Int) in x }", "1:23", "'inout'"),
    Refusal("let c = #remote { (x: Int) async in x }", "1:28", "@Remote"),
    Refusal("let c = #remote(f)", "1:9", "takes a closure"),
    Refusal("@Record class C { var x: Int }", "1:9", "struct"),
    Refusal("@Record enum E { case a }", "1:14", "': String' or ': Int'"),
    Refusal("@Record enum E { case a(Int), b }", "1:24", "cases with values have no columns"),
    Refusal(
        "@Record enum E: Codable, Sendable { case a, b(x: Int) }", "1:46",
        "Codable and Sendable are enough"),
    Refusal("@Record enum E: Codable { case a }", "1:14", "': String' or ': Int'"),
    Refusal("@Record struct S { var x = 1 }", "1:24", "states its type"),
    Refusal("@Record struct S<T> { var x: T }", "1:17", "generic"),
    Refusal("@Record struct S { let x: Int = 1 }", "1:31", "'static'"),
    Refusal("@Record struct S { lazy var x: Int = 1 }", "1:29", "'lazy'"),
    Refusal("@Record struct S { var f: () -> Int }", "1:27", "a function cannot travel"),
    Refusal("@Record struct S { static let a = 1 }", "1:16", "at least one"),
    Refusal("@Record struct S { var c: Character }", "1:27", "write String"),
    Refusal("@Record struct S { var c: [Character]? }", "1:28", "write String"),
    Refusal("@Record struct S { var d: [String: Int] }", "1:27", "[Pair<Key, Value>]"),
    Refusal("@Record struct S { var d: Dictionary<String, Int> }", "1:27", "[Pair<Key, Value>]"),
    Refusal("@Record struct S { var d: Set<Int> }", "1:27", "write an array"),
]

@Test("What cannot travel is refused at its place, with what to do", arguments: refusals)
func refused(_ refusal: Refusal) {
    let found = Expansion(refusal.source).diagnostics
    #expect(
        found.contains { $0.hasPrefix(refusal.place + " ") && $0.contains(refusal.words) },
        "\(found)")
    // One thing is wrong, and one thing is said.
    #expect(found.count == 1, "\(found)")
}
