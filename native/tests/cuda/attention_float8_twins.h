// Calls of attention of 8-bit floats for twins.h, whose results are exact but for their last rounding.
#pragma once

#include "attention_hopper_twins.h"

namespace optirs::test {

class AttentionFloat8Test : public AttentionHopperTest {
 protected:
    /// All of an 8-bit type.
    static Attention of(optirs_dl_data_type codes, Attention a) {
        a.q_type = a.k_type = a.v_type = codes;
        return a;
    }

    static Attention of(optirs_dl_data_type codes, optirs_dl_data_type changes, Attention a) {
        a = of(codes, std::move(a));
        a.dout_type = changes;
        return a;
    }
    /// Whether the backward pass multiplied 8 bits.
    static bool tookFloat8() {
        return launched("attention_hopper_query_gradient_e") == 1 &&
               launched("attention_hopper_column_gradients_e") == 1;
    }

    /// Operands whose scores are multiples of ln 2 within a row: weights are powers of two, which E4M3 has.
    void prepareExact(Attention a) {
        a.scale = 0.6931471805599453;
        prepare(a);
        // Each query looks at one element of the keys.
        q = &filled(*q, [&](int64_t row, int64_t element) {
            return element == row * 7 % a.width ? static_cast<float>(row % 4 - 1) : 0.0F;
        });
        // Later ones are larger, so that the greatest score grows from tile to tile.
        const int64_t keys = k->count() / a.width;
        k = &filled(*k, [&](int64_t row, int64_t) {
            return static_cast<float>(random() % static_cast<unsigned>(1 + row * 4 / keys));
        });
        for (Twin** scale : {&q_scale, &k_scale}) {
            if (*scale != nullptr) {
                std::vector<float> powers(static_cast<size_t>((*scale)->count()));
                for (float& power : powers) {
                    power = random() % 2 == 0 ? 1.0F : scale == &q_scale ? 2.0F : -1.0F;
                }
                *scale = &values(kF32, (*scale)->shape, powers);
            }
        }
    }
    /// As `like`, with element(row over all heads and batches, place within it).
    template <class Element>
    Twin& filled(const Twin& like, Element&& element) {
        std::vector<char> bytes(like.host.size());
        const int64_t width = like.shape[3];
        for (int64_t i = 0; i < like.count(); ++i) {
            const float number = element(i / width, i % width);
            bytes[static_cast<size_t>(i)] = static_cast<char>(like.type.code == OPTIRS_DL_F8E4M3FN
                                                                  ? cuda::rounded<cuda::E4M3>(number).bits
                                                                  : cuda::rounded<cuda::E5M2>(number).bits);
        }
        Twin& made = twin(like.type, like.shape, std::move(bytes));
        return call.is_transposed ? transposed(made) : made;
    }
};

}  // namespace optirs::test
