// The tidy tests' own eyes: what counts as code, what as a word, where a function ends.

import Testing

@Suite struct ScannerTests {
    @Test func `comments and literals are no code`() {
        let text = #"""
            let a = "Task { \(f("try!")) }" // Date()
            /* /* as! */ fatalError() */ let b = #"x "quoted" \n"#
            let c = """
                actor
                """ + d
            """#
        let code = CodeText.withoutCommentsAndLiterals(text)
        for token in ["Task", "try!", "Date", "as!", "fatalError", "quoted", "actor"] {
            #expect(!code.contains(token), "\(token)")
        }
        for token in ["let a =", "let b =", "let c =", "+ d"] {
            #expect(code.contains(token), "\(token)")
        }
        #expect(code.utf8.count == text.utf8.count)
    }

    @Test func `a token is found as a word of its own`() {
        #expect(CodeText.contains("Task {", in: "    Task { work() }"))
        #expect(CodeText.contains("try!", in: "x = try! f()"))
        #expect(CodeText.contains("async", in: "asyncRun(); f() async"))
        #expect(!CodeText.contains("Task {", in: "struct AgentTask {"))
        #expect(!CodeText.contains("unsafe", in: "unsafeAddress = 1"))
    }

    @Test func `a function ends where its body closes`() {
        let text = """
            protocol P {
                func required(_ x: Int) -> Int
                var other: Int { get }
            }
            struct S: P {
                init(_ make: () -> Int = { 1 }) {
                    self.init()
                }
                func required(_ x: Int) -> Int {
                    if x > 0 {
                        return 1
                    }
                    return 2
                }
            }
            """
        let found = CodeText.functions(in: text.split(separator: "\n"))
        #expect(found.map(\.start) == [5, 8])
        #expect(found.map(\.count) == [3, 6])
    }
}
