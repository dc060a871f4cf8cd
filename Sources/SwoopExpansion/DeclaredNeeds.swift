// What `@Remote(memory:cores:timeout:retries:backOff:)` declares, as far as its text tells.

import SwiftSyntax
import SwiftSyntaxMacros

/// The arguments of a function's `@Remote`.
struct DeclaredNeeds {
    /// As they were written; empty: there are none.
    let text: String
    /// Whether calls within a run are limited, or made again.
    let haveLimits: Bool

    /// Reads them, and says what no run can have.
    init(_ node: AttributeSyntax, in context: some MacroExpansionContext) {
        text = node.arguments?.trimmedDescription ?? ""
        guard case .argumentList(let list)? = node.arguments else {
            haveLimits = false
            return
        }
        haveLimits = list.contains { ["timeout", "retries"].contains($0.label?.text) }
        for argument in list {
            guard let message = Self.fault(of: argument) else { continue }
            message.report(at: argument.expression, in: context)
        }
    }

    private static func fault(of argument: LabeledExprSyntax) -> MacroMessage? {
        // `-2`, `.seconds(-1)`, `.megabytes(-400)`.
        let call = argument.expression.as(FunctionCallExprSyntax.self)
        let value = call?.arguments.first?.expression ?? argument.expression
        let text = value.trimmedDescription.filter { $0 != "_" }
        let isZero = Double(text) == 0 || text == ".zero"
        let isNegative = text.hasPrefix("-") && !isZero
        switch argument.label?.text {
        case "cores" where isZero || isNegative: return .needsNoCores
        case "timeout" where isZero || isNegative: return .needsNoTime
        case "retries" where isNegative, "memory" where isNegative, "backOff" where isNegative:
            return .needsLessThanNothing
        default: return nil
        }
    }
}
