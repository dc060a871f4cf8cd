// What the macros say when they cannot expand: one sentence each, with what to do instead.

import SwiftDiagnostics
import SwiftSyntax
import SwiftSyntaxMacros

/// Why a macro was not expanded.
enum MacroMessage: String, DiagnosticMessage {
    case notAFunction = "@Remote belongs on a function"
    case instanceMethod =
        "a remote function has no 'self' on the worker: make it 'static' or move it to file level"
    case localFunction =
        "a remote function must be at file level or static in a type, so that a worker can find it"
    case genericFunction =
        """
        a remote function cannot be generic, since the worker must know its types: write one \
        function for each type
        """
    case genericContext =
        """
        a remote function cannot stand in a generic type: move it to file level or into a type \
        without parameters
        """
    case closureInGeneric =
        """
        #remote needs one place in the program, and a generic function, or one with a 'some' \
        parameter, has many: write a function with @Remote at file level and give its name
        """
    case noBody = "a remote function needs a body"
    case overloaded =
        """
        functions with @Remote in one scope need different names, by which workers find them: \
        give this one another name
        """
    case inoutParameter =
        """
        a remote function works on copies: take the value and return the new one instead of \
        'inout'
        """
    case variadicParameter = "a remote function cannot be variadic: take an array"
    case opaqueType =
        "the worker must know the exact type: write a concrete type instead of 'some' or 'any'"
    case functionType =
        """
        a function cannot travel to another process: pass the values that it needs, or call \
        another remote function
        """
    case unsafePointer =
        "a pointer means nothing in another process: pass an array or another value"
    case tupleType = "a tuple has no encoding: use a struct with @Record, or Pair"
    case isolatedParameter =
        """
        an actor stays in its process: pass the values that the function needs
        """
    case actorIsolated =
        "a remote function runs on a worker's own threads: it cannot belong to an actor"
    case tooManyParameters =
        """
        a remote function takes at most 8 parameters: join some in a struct with @Record
        """
    case needsNoCores = "a run takes at least one core: write 'cores: 1', or leave it out"
    case needsNoTime =
        "a run takes some time: write how long it may take at most, or leave the limit out"
    case needsLessThanNothing =
        "less than nothing cannot be declared: write 0 or more, or leave it out"
    case overloadedByRethrows = "a remote function cannot rethrow: write 'throws'"
    case recordNotAStruct = "@Record belongs on a struct, or on an enum with raw values"
    case recordEnumWithoutRawValues =
        """
        @Record belongs on a struct, or on an enum with raw values: write their type, ': String' or \
        ': Int'
        """
    case recordEnumWithValues =
        """
        cases with values have no columns: write a struct with @Record, or raw values (': String'); \
        to be an argument or a result, Codable and Sendable are enough
        """
    case recordGeneric = "a record cannot be generic: write one struct for each type"
    case recordFieldWithoutType = "a record's field states its type: write ': T'"
    case recordCharacter = "a record's field cannot be a Character: write String"
    case recordDictionary =
        "a record's field cannot be a dictionary: write an array, [Pair<Key, Value>]"
    case recordSet = "a record's field cannot be a set: write an array"
    case recordEmpty = "a record needs at least one stored field"
    case recordConstant =
        """
        a constant with an initial value has nothing to travel: make it 'static', or take its \
        value in 'init'
        """
    case recordWrapper = "a record's field cannot have a property wrapper, 'lazy' or an observer"
    case closureExpected = "#remote takes a closure: #remote { (x: Double) in x * 2 }"
    case closureParameter =
        "#remote takes a closure of one parameter with its type: #remote { (x: Double) in x * 2 }"
    case closureParameterType = "state the parameter's type, since a macro sees none: (x: T) in"
    case captureType =
        "state the captured value's type, since a macro sees none: [name = value as T]"
    case captureMutable =
        "a captured value travels as a copy: 'weak', 'unowned' and references cannot be captured"
    case captureSelf =
        """
        'self' cannot travel: capture the values that are needed, each with its type
        """
    case closureAsync = "#remote closures cannot be async: write a function with @Remote"

    var message: String { rawValue }
    var severity: DiagnosticSeverity { .error }
    var diagnosticID: MessageID { MessageID(domain: "Swoop", id: "\(self)") }
}

extension MacroMessage {
    /// Reports this at `node`.
    func report(at node: some SyntaxProtocol, in context: some MacroExpansionContext) {
        context.diagnose(Diagnostic(node: Syntax(node), message: self))
    }

    /// This at `node`, for a macro that has nothing to give.
    func error(at node: some SyntaxProtocol) -> DiagnosticsError {
        DiagnosticsError(diagnostics: [Diagnostic(node: Syntax(node), message: self)])
    }
}
