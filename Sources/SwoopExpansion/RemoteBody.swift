// The body of an async remote function: outside a run it is the user's code; inside a run, the run
// is asked whether the call becomes a child of its own or goes on inline. Sync functions keep their
// body.

/// The statements that take the place of an async function's body.
func remoteBody(of signature: RemoteSignature, statements: String) -> String {
    let type = signature.path + signature.typeName
    let clause =
        signature.errorType.map { "throws(\($0))" } ?? (signature.isThrowing ? "throws" : "")
    let attempt = signature.isThrowing ? "try await" : "await"
    let call = "run.spawnOrInline(\(type).self, \(signature.argumentTuple), body: _remoteBody)"
    let ask: String
    if signature.isThrowing, signature.errorType == nil {
        ask = "return try await \(call)"
    } else {
        // The run failed, not the function, which cannot throw this: pure, it may start again here.
        let rethrow = signature.errorType.map { " catch let error as \($0) { throw error }" } ?? ""
        ask = "do { return try await \(call) }\(rethrow) catch {}"
    }
    return """
        @Sendable func _remoteBody() async \(clause) -> \(signature.result ?? "Void") {
        \(statements)
        }
        if let run = Swoop._RemoteRun.intercepting() {
            \(ask)
        }
        return \(attempt) _remoteBody()
        """
}

extension RemoteSignature {
    /// The parameters as one value: `()`, `a` or `(a, b)`.
    var argumentTuple: String {
        parameters.count == 1
            ? parameters[0].name : "(\(parameters.map(\.name).joined(separator: ", ")))"
    }
}
