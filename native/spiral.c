#include "spiral.h"

const char *spiral_least(const double *demand, size_t count, size_t turn, double step, double *travel)
{
    if (turn == 0 || !(step > 0.0))
        return "a spiral needs a turn of at least one step and a speed above zero";
    for (size_t i = 0; i < count; i++) {
        double outer = i < turn ? 0.0 : travel[i - turn];
        double least = outer + demand[i];
        double most = i < turn ? (double)i * step : outer + (double)turn * step;
        if (!(least <= most))
            return "neighbouring turns must lie further apart than the carriage can travel in one turn";
        double before = i > 0 ? travel[i - 1] : 0.0;
        travel[i] = least > before ? least : before;
        for (size_t j = i; j > 0 && travel[j - 1] < travel[j] - step; j--)
            travel[j - 1] = travel[j] - step;
    }
    return NULL;
}
