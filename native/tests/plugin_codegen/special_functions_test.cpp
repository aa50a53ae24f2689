// Functions without a reference in the C library: against tables of more digits, and by their equations.
#include <gtest/gtest.h>

#include <map>

#include "tests/plugin_codegen/accuracy.h"

namespace optirs::plugin::testing {
namespace {

struct Row {
    const char* op;
    double x, y, value;
};
constexpr Row kRows[] = {
#include "tests/plugin_codegen/special_values.inc"
};

bool isBinary(const std::string& op) { return op == "chlo.zeta" || op == "chlo.polygamma"; }

template <class T>
void checkTable() {
    std::map<std::string, std::vector<Row>> by_op;
    for (const Row& row : kRows) by_op[row.op].push_back(row);
    for (const auto& [op, rows] : by_op) {
        std::vector<T> x, y;
        for (const Row& row : rows) {
            x.push_back(static_cast<T>(row.x));
            y.push_back(static_cast<T>(row.y));
        }
        const std::vector<T> got = isBinary(op) ? evaluate<T>(op, x, y) : evaluate<T>(op, x);
        for (size_t i = 0; i < rows.size(); ++i)
            EXPECT_LE(ulps(got[i], static_cast<long double>(rows[i].value)), 3)
                << op << " of " << x[i] << ", " << y[i] << " is " << got[i] << ", a " << kTypeName<T>;
    }
}

TEST(SpecialFunctions, FloatsAgreeWithTheTable) { checkTable<float>(); }
TEST(SpecialFunctions, DoublesAgreeWithTheTable) { checkTable<double>(); }

template <class T>
void checkErfInverse() {
    // Where the slope of erf is not small its error is that of the inverse times the slope.
    std::vector<T> x;
    for (int i = -4000; i <= 4000; ++i) x.push_back(static_cast<T>(i / 4001.0));
    for (int i = 1; i < std::numeric_limits<T>::digits; ++i)
        x.push_back(1 - static_cast<T>(std::ldexp(1.0, -i)));
    for (int i = 1; i < 100; ++i) x.push_back(static_cast<T>(std::ldexp(1.3, -i)));
    const auto y = evaluate<T>("chlo.erf_inv", x);
    for (size_t i = 0; i < x.size(); ++i) {
        if (x[i] == 0) continue;
        const long double at = y[i];
        const long double slope = 1.1283791670955125739L * std::exp(-at * at);
        const long double tail = 1 - std::fabs(static_cast<long double>(x[i]));
        const long double excess = std::fabs(x[i]) < T(0.5) ? std::erf(at) - static_cast<long double>(x[i])
                                                            : tail - std::erfc(std::fabs(at));
        EXPECT_LE(ulps(y[i], at - (std::fabs(x[i]) < T(0.5) ? 1 : std::copysign(1.0L, at)) * excess / slope),
                  3)
            << x[i];
    }
    const auto edges = evaluate<T>("chlo.erf_inv", {T(1), T(-1), T(1.5), T(NAN), T(0)});
    EXPECT_EQ(edges[0], T(INFINITY));
    EXPECT_EQ(edges[1], T(-INFINITY));
    EXPECT_TRUE(std::isnan(edges[2]) && std::isnan(edges[3]));
    EXPECT_EQ(edges[4], T(0));
}

TEST(SpecialFunctions, ErfInverseInvertsErf) {
    checkErfInverse<float>();
    checkErfInverse<double>();
}

TEST(SpecialFunctions, RecurrencesHold) {
    std::vector<double> x, up, n;
    for (int i = 1; i < 400; ++i) {
        x.push_back(i * 0.093);
        up.push_back(i * 0.093 + 1);
    }
    // psi(x + 1) = psi(x) + 1/x and zeta(s, x + 1) = zeta(s, x) - x^-s; x + 1 is rounded, so a few units
    // more.
    const auto psi = evaluate<double>("chlo.digamma", x);
    const auto psi_up = evaluate<double>("chlo.digamma", up);
    const std::vector<double> s(x.size(), 2.5);
    const auto zeta = evaluate<double>("chlo.zeta", s, x);
    const auto zeta_up = evaluate<double>("chlo.zeta", s, up);
    for (size_t i = 0; i < x.size(); ++i) {
        EXPECT_NEAR(psi_up[i], psi[i] + 1 / x[i], 1e-15 * (std::fabs(psi[i]) + 1 / x[i])) << x[i];
        EXPECT_NEAR(zeta_up[i], zeta[i] - std::pow(x[i], -2.5), 2e-15 * zeta[i]) << x[i];
    }
}

TEST(SpecialFunctions, Edges) {
    const double nan = NAN;
    const auto psi = evaluate<double>("chlo.digamma", {0.0, -0.0, -3.0, INFINITY, -INFINITY, nan});
    EXPECT_TRUE(std::isnan(psi[0]) && std::isnan(psi[1]) && std::isnan(psi[2]) && std::isnan(psi[4]));
    EXPECT_EQ(psi[3], INFINITY);
    const auto gamma = evaluate<double>("chlo.lgamma", {0.0, -2.0, INFINITY, -INFINITY, 1.0, 2.0, nan});
    for (const size_t i : {0, 1, 2, 3}) EXPECT_EQ(gamma[i], INFINITY);
    EXPECT_EQ(gamma[4], 0);
    EXPECT_EQ(gamma[5], 0);
    EXPECT_TRUE(std::isnan(gamma[6]));
    const auto zeta = evaluate<double>("chlo.zeta", {1.0, 0.5, 2.0, 3.0, 2.5, nan, 2.0},
                                       {3.0, 3.0, -2.0, -2.0, -0.5, 1.0, INFINITY});
    EXPECT_EQ(zeta[0], INFINITY);
    EXPECT_EQ(zeta[2], INFINITY);
    for (const size_t i : {1, 3, 4, 5}) EXPECT_TRUE(std::isnan(zeta[i])) << i;
    EXPECT_EQ(zeta[6], 0);
    const auto poly = evaluate<double>("chlo.polygamma", {-1.0, 0.5, 1.0}, {2.0, 2.0, INFINITY});
    EXPECT_TRUE(std::isnan(poly[0]) && std::isnan(poly[1]));
    EXPECT_EQ(poly[2], 0);
    const auto bessel = evaluate<double>("chlo.bessel_i1e", {0.0, -0.0, INFINITY, -INFINITY, 5e-324});
    EXPECT_EQ(bessel[0], 0);
    EXPECT_TRUE(std::signbit(bessel[1]));
    EXPECT_EQ(bessel[2], 0);
    EXPECT_EQ(bessel[3], 0);
}

}  // namespace
}  // namespace optirs::plugin::testing
